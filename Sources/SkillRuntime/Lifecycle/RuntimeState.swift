// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import Synchronization
import SystemIO

/// What requests see of the runtime. Written by the control loop, read from any loop.
final class RuntimeState: Sendable {
    /// One moment of it.
    struct Snapshot: Sendable {
        var conditions = Conditions()
        /// Held by whoever took the snapshot: a model that was replaced goes when its last request ends.
        var model: ModelFile?
        var reloadCount: Int32 = 0
        /// Why the latest reload failed; nil when it did not.
        var reloadFailure: String?
        var isDraining = false
        /// From the start of the process to the first SERVING.
        var coldStart: Duration?

        mutating func use(_ model: ModelFile) {
            self.model = model
            conditions.model = .loaded
            conditions.hasStarted = true
        }
    }

    /// When the process started.
    let startTime: MonotonicTime
    /// What the workers have under way.
    let progress = Progress()
    private let snapshot = Mutex(Snapshot())

    init(startTime: MonotonicTime) { self.startTime = startTime }

    /// The state now.
    var current: Snapshot { snapshot.withLock { $0 } }

    func update(_ body: (inout Snapshot) -> Void) {
        snapshot.withLock { body(&$0) }
    }
}
