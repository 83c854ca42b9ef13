// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// One run of a supervised command: from its start until nothing that we wait for is left of it.
struct SupervisedRun: Equatable {
    /// Its process ID, which is that of its process group too.
    let process: CInt
    let since: MonotonicTime
    /// Until then bad health is no reason to stop it.
    var graceEnd: MonotonicTime
    private(set) var healthySince: MonotonicTime?
    private(set) var isUnhealthy = false
    /// The signal that has stopped it.
    var suspension: CInt?
    /// How it ended, when others of it are left.
    private(set) var words: LastWords?

    init(_ process: CInt, at now: MonotonicTime, startPeriod: Duration) {
        self.process = process
        since = now
        graceEnd = now + startPeriod
    }

    mutating func healthChanged(isHealthy: Bool, at now: MonotonicTime) {
        isUnhealthy = !isHealthy
        guard isHealthy else {
            healthySince = nil
            return
        }
        if healthySince == nil { healthySince = now }
        // It has started.
        graceEnd = min(graceEnd, now)
    }

    /// It has ended, and others of it are waited for.
    mutating func ended(_ words: LastWords) {
        self.words = words
        suspension = nil
    }

    /// A person at a terminal has stopped it: it is not ill.
    var isSuspendedByTerminal: Bool {
        suspension == SIGTSTP || suspension == SIGTTIN || suspension == SIGTTOU
    }

    /// Its health is a reason to stop it.
    func isFailing(at now: MonotonicTime) -> Bool {
        isUnhealthy && !isSuspendedByTerminal && now >= graceEnd
    }

    /// Where signals for it go.
    func target(ofGroup: Bool) -> SignalTarget {
        if words != nil { return .remains(group: process) }
        return ofGroup ? .group(process) : .process(process)
    }
}
