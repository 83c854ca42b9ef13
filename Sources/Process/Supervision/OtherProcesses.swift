// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO

/// The process group of a command that has ended and was waited for.
///
/// While a process is left in it, its number is not given to another process. When it is seen empty, it is forgotten: from then
/// on the number may be that of a group of somebody else.
struct OtherProcesses {
    private var group: CInt?
    /// Until the next look.
    var timer: TimerID?

    init(group: CInt) { self.group = group }

    /// Whether a process is left in the group.
    mutating func look() -> Bool { send(0) }

    /// Sends a signal to all that are left in the group; false when there is none.
    mutating func send(_ signal: CInt) -> Bool {
        guard let group else { return false }
        do throws(SystemCallError) {
            _ = try systemCall("kill") { Int(kill(-group, signal)) }
            return true
        } catch {
            // It is there, but none of it may be signalled by us.
            if error.errno != .noSuchProcess { return signal == 0 }
            self.group = nil
            return false
        }
    }
}
