// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import SystemIO
import TestSupport

/// Debian's Redis on a port of the loopback, without persistence; or its Sentinel.
final class RedisServer {
    private(set) var port: UInt16 = 0
    private var process: pid_t = 0
    private let words: [String]
    /// Of a Sentinel; nil for a server.
    private let configuration: [String]?
    private let folder: TemporaryFolder

    /// Starts it, and waits until it listens.
    convenience init(_ words: [String] = []) throws { try self.init(words, nil) }

    /// A Sentinel that knows this master by a name, and starts a failover alone and soon.
    convenience init(
        sentinelOf master: RedisServer, named name: String, _ lines: [String] = []
    ) throws {
        try self.init(
            [],
            [
                "sentinel monitor \(name) 127.0.0.1 \(master.port) 1",
                "sentinel down-after-milliseconds \(name) 300",
                "sentinel failover-timeout \(name) 3000",
            ] + lines)
    }

    private init(_ words: [String], _ configuration: [String]?) throws {
        self.words = words
        self.configuration = configuration
        folder = try TemporaryFolder()
        // Another process may take a port that was free a moment ago.
        for _ in 0..<20 {
            port = try Self.freePort()
            if (try? start()) != nil { return }
        }
        throw Unexpected(description: "redis-server does not listen")
    }

    deinit { stop() }

    private static func freePort() throws -> UInt16 {
        let listener = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        return try listener.localAddress().port ?? 0
    }

    /// Starts it, with no data.
    func start() throws {
        let command = try command()
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let result = posix_spawnp(&process, command[0], &actions, nil, &arguments, environ)
        guard result == 0 else {
            throw Unexpected(description: "posix_spawnp of redis-server: \(result)")
        }
        guard eventually({ hasEnded || isListening }), process > 0 else {
            throw Unexpected(description: "redis-server does not listen")
        }
    }

    private func command() throws -> [String] {
        guard let configuration else {
            return [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning",
                "--repl-diskless-sync-delay", "0", "--dir", folder.path,
            ] + words
        }
        // It writes into its file.
        let lines = ["port \(port)", "bind 127.0.0.1", "dir \(folder.path)"] + configuration
        try folder.write(Array(lines.joined(separator: "\n").utf8), to: "sentinel.conf")
        return ["redis-sentinel", folder.path + "/sentinel.conf"]
    }

    private var isListening: Bool {
        guard let answer = try? ask("INFO", "server") else { return false }
        return answer.contains("process_id:\(process)\r\n") || answer.hasPrefix("-NOAUTH")
    }

    private var hasEnded: Bool {
        guard waitpid(process, nil, WNOHANG) == process else { return false }
        process = 0
        return true
    }

    /// Kills it, and waits for its end.
    func stop() {
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
    }

    /// Lets it hang, or go on.
    func signal(_ number: CInt) { kill(process, number) }

    /// What it answers to a command, as it comes over the wire.
    @discardableResult
    func ask(_ words: String...) throws -> String {
        let socket = try FileDescriptor.streamSocket(
            for: SocketAddress(numeric: "127.0.0.1", port: port)!)
        _ = try? socket.connect(to: SocketAddress(numeric: "127.0.0.1", port: port)!)
        var waiting = pollfd(fd: socket.rawValue, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, 10_000)
        var command = "*\(words.count)\r\n"
        for word in words { command += "$\(word.utf8.count)\r\n\(word)\r\n" }
        let bytes = Array(command.utf8)
        _ = bytes.withUnsafeBytes {
            Glibc.send(socket.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        waiting.events = Int16(POLLIN)
        poll(&waiting, 1, 10_000)
        var answer = [UInt8](repeating: 0, count: 65_536)
        let count = read(socket.rawValue, &answer, answer.count)
        return String(decoding: answer.prefix(max(0, count)), as: UTF8.self)
    }
}
