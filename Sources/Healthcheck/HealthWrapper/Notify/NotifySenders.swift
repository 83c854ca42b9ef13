// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Supervision

/// Who is heard when somebody says how the command is: the command's process whatever its user is, and all processes of root,
/// of our user and of the command's. Pure.
struct NotifySenders {
    private let ownUser: uid_t
    /// Stands for every user that our user namespace has no number for; nil where each has one. It says nothing.
    private let unmappedUser: uid_t?
    /// The command, while it runs. After its end the number may be that of another process.
    private(set) var process: pid_t?

    /// Those that we hear.
    init(ownUser: uid_t = geteuid(), unmappedUser: uid_t? = ProcessUsers.unmapped) {
        self.ownUser = ownUser
        self.unmappedUser = unmappedUser
    }

    /// Takes news of the supervisor.
    mutating func take(_ news: SupervisionNews) {
        switch news {
        case .started(let process, _): self.process = process
        case .startFailed, .ended, .emptied: process = nil
        case .stopping, .killed, .abandoned, .suspended, .resumed: break
        }
    }

    /// Whether a message of this user and process is heard; `ofProcess` is the user of a process.
    func hears(_ user: uid_t, _ sender: pid_t, _ ofProcess: (pid_t) -> uid_t?) -> Bool {
        if let process, sender == process { return true }
        if user == unmappedUser { return false }
        if user == 0 || user == ownUser { return true }
        return process.flatMap(ofProcess) == user
    }
}
