// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import SystemIO

/// A server of Debian's, or a script: a process without output, which a test starts and kills. It has one user at a time.
package struct ServerProcess {
    /// Its number while it runs; 0 before, and when it has ended.
    package private(set) var id: CInt = 0

    /// Not started.
    package init() {}

    /// Starts a program of the path with its arguments.
    package mutating func start(_ command: [String]) throws {
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in CInt(1)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        let result = posix_spawnp(&id, command[0], &actions, nil, &arguments, environ)
        guard result == 0 else {
            id = 0
            throw Unexpected(description: "posix_spawnp of \(command[0]): \(result)")
        }
    }

    /// Kills it, and waits for its end.
    package mutating func stop() {
        guard id > 0 else { return }
        kill(id, SIGKILL)
        waitpid(id, nil, 0)
        id = 0
    }

    /// Lets it hang, or go on.
    package func signal(_ number: CInt) { if id > 0 { kill(id, number) } }

    /// Whether it does not run; one that has ended by itself is reaped.
    package mutating func hasEnded() -> Bool {
        if id > 0, waitpid(id, nil, WNOHANG) == id { id = 0 }
        return id == 0
    }
}

/// A port of the loopback that was free a moment ago: another process may take it meanwhile.
package func freePort() throws -> UInt16 {
    let listener = try FileDescriptor.listener(at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    return try listener.localAddress().port ?? 0
}
