// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import TestSupport

/// Debian's Redis on a port of the loopback, without persistence; or its Sentinel.
final class RedisServer {
    private(set) var port: UInt16 = 0
    private var process = ServerProcess()
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
            port = try freePort()
            if (try? start()) != nil { return }
        }
        throw Unexpected(description: "redis-server does not listen")
    }

    deinit { stop() }

    /// Starts it, with no data.
    func start() throws {
        try process.start(try command())
        guard eventually({ process.hasEnded() || isListening }), process.id > 0 else {
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
        return answer.contains("process_id:\(process.id)\r\n") || answer.hasPrefix("-NOAUTH")
    }

    /// Kills it, and waits for its end.
    func stop() { process.stop() }

    /// Lets it hang, or go on.
    func signal(_ number: CInt) { process.signal(number) }

    /// What it answers to a command, as it comes over the wire.
    @discardableResult
    func ask(_ words: String...) throws -> String {
        var command = "*\(words.count)\r\n"
        for word in words { command += "$\(word.utf8.count)\r\n\(word)\r\n" }
        let answer = try RawExchange.ask(
            Array(command.utf8), at: SocketAddress(numeric: "127.0.0.1", port: port)!,
            until: .anything)
        return String(decoding: answer, as: UTF8.self)
    }
}
