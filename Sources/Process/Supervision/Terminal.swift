// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The terminal of the session that this process is in, in whose foreground its command is to run when we would.
struct Terminal {
    let descriptor: CInt
    let role: TerminalRole

    /// The terminal, if one of the standard streams is it.
    init?() {
        guard let descriptor = (0...2).first(where: { clinux_terminal_group($0) >= 0 }) else {
            return nil
        }
        self.descriptor = descriptor
        role = Self.isOrphaned ? .alone : .job
    }

    /// No process of our session is outside our process group and a parent of one that is inside.
    private static var isOrphaned: Bool {
        let group = getpgrp()
        var process = getppid()
        // A script, for one, is in our group: what has started it decides. 0 is outside of our PID namespace.
        while process > 0, getpgid(process) == group {
            guard let next = parent(of: process) else { return false }
            process = next
        }
        return process <= 0 || getsid(process) != getsid(0)
    }

    /// The parent of another process; nil without /proc.
    private static func parent(of process: CInt) -> CInt? {
        guard let file = try? FileDescriptor.open("/proc/\(process)/stat"),
            let line = try? file.readAll(limit: 1024),
            let name = line.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = line[(name + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? CInt(String(decoding: fields[1], as: UTF8.self)) : nil
    }

    /// It is ours to give: a shell has not put us into the background.
    var isForeground: Bool { clinux_terminal_group(descriptor) == getpgrp() }

    /// Puts `group` into its foreground, if `other` is there. SIGTTOU must be blocked.
    func give(to group: CInt, from other: CInt) {
        guard clinux_terminal_group(descriptor) == other else { return }
        _ = clinux_set_terminal_group(descriptor, group)
    }
}
