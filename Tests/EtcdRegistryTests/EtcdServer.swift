// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import SystemIO
import TestSupport
import Text

/// Debian's etcd: one member or several, on ports of the loopback, with quick elections and data in memory.
final class EtcdServer: @unchecked Sendable {
    // Each test has its own, and calls it from one thread at a time.

    /// One process.
    final class Member {
        let port: UInt16
        fileprivate let peerPort: UInt16
        fileprivate var process: pid_t = 0

        fileprivate init() throws {
            (port, peerPort) = (try EtcdServer.freePort(), try EtcdServer.freePort())
        }
    }

    private(set) var members: [Member] = []
    private let folder: TemporaryFolder
    private var generation = 0
    private let words: [String]
    /// By which members reach each other; nil for directly.
    private var proxy: PeerProxy?

    /// Starts it, and waits until it has a leader. Where it `canBeCut`, a member can be cut off from the others.
    init(members count: Int = 1, _ words: [String] = [], canBeCut: Bool = false) throws {
        folder = try TemporaryFolder(in: "/dev/shm")
        self.words = words
        // Between our look for a free port and etcd's use of it another may take it; etcd ends then.
        for _ in 1...5 {
            members = try (0..<count).map { _ in try Member() }
            proxy = canBeCut ? try PeerProxy(to: members.map(\.peerPort)) : nil
            for index in members.indices { try start(index) }
            if eventually({ hasLeader() || hasEnded() }), !hasEnded() { return }
            for index in members.indices { stop(index) }
            generation += 1
        }
        throw Unexpected(description: "etcd did not start in five attempts")
    }

    deinit { for index in members.indices { stop(index) } }

    private static func freePort() throws -> UInt16 {
        let listener = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        return try listener.localAddress().port ?? 0
    }

    // MARK: Processes

    /// Starts a member, with the data that it has.
    func start(_ index: Int) throws {
        let member = members[index]
        let (client, peer) = (
            "http://127.0.0.1:\(member.port)", "http://127.0.0.1:\(member.peerPort)"
        )
        let peers = (proxy?.ports ?? members.map(\.peerPort)).map { "http://127.0.0.1:\($0)" }
        let cluster = peers.enumerated().map { "m\($0.offset)=\($0.element)" }
        let command =
            [
                "etcd", "--name", "m\(index)", "--data-dir",
                "\(folder.path)/\(generation)-\(index)", "--listen-client-urls", client,
                "--advertise-client-urls", client, "--listen-peer-urls", peer,
                "--initial-advertise-peer-urls", peers[index], "--initial-cluster",
                cluster.joined(separator: ","), "--heartbeat-interval", "50",
                "--election-timeout", "500", "--logger", "zap", "--log-level", "error",
            ] + words
        var arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in CInt(1)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        let result = posix_spawnp(&member.process, command[0], &actions, nil, &arguments, environ)
        guard result == 0 else {
            throw Unexpected(description: "posix_spawnp of etcd: \(result)")
        }
    }

    /// Kills a member, and waits for its end.
    func stop(_ index: Int) {
        let member = members[index]
        guard member.process > 0 else { return }
        kill(member.process, SIGKILL)
        waitpid(member.process, nil, 0)
        member.process = 0
    }

    /// Lets a member hang, or go on.
    func signal(_ index: Int, _ number: CInt) { kill(members[index].process, number) }

    /// Cuts a member off from the others, and them from it; clients still reach all.
    func cut(_ index: Int) throws {
        let status = try ask("maintenance/status", "{}", index)
        guard let id = value("member_id", status).flatMap({ UInt64($0) }) else {
            throw Unexpected(description: "a member has no id: \(status)")
        }
        try proxy?.order("cut \(index) \(String(id, radix: 16))")
    }

    /// Ends that.
    func heal() throws { try proxy?.order("heal") }

    /// Starts the only member again, without data.
    func restartEmpty() throws {
        stop(0)
        generation += 1
        try start(0)
        try waitForLeader()
    }

    /// Waits until reads that need a majority are answered by the member.
    func waitForLeader(_ index: Int = 0) throws {
        guard eventually({ hasLeader(index) }) else {
            throw Unexpected(description: "etcd has no leader within 30 s")
        }
    }

    private func hasLeader(_ index: Int = 0) -> Bool {
        (try? ask("kv/range", #"{"key":"eA=="}"#, index))?.contains("header") == true
    }

    /// Whether a member has ended by itself. It is reaped then.
    private func hasEnded() -> Bool {
        for member in members where member.process > 0 {
            if waitpid(member.process, nil, WNOHANG) == member.process { member.process = 0 }
        }
        return members.contains { $0.process == 0 }
    }

    /// The member that leads, as another says that is asked.
    func leader(askedAt index: Int) throws -> Int {
        for other in members.indices where other != index || members.count == 1 {
            let status = try ask("maintenance/status", "{}", other)
            guard let id = value("member_id", status) else { continue }
            if value("leader", status) == id { return other }
        }
        let status = try ask("maintenance/status", "{}", index)
        guard value("leader", status) == value("member_id", status) else {
            throw Unexpected(description: "no member leads")
        }
        return index
    }

    // MARK: The gateway

    /// The answer to a call of the JSON gateway.
    @discardableResult
    func ask(_ path: String, _ body: String, _ index: Int = 0) throws -> String {
        let address = SocketAddress(numeric: "127.0.0.1", port: members[index].port)!
        let socket = try FileDescriptor.streamSocket(for: address)
        _ = try? socket.connect(to: address)
        var waiting = pollfd(fd: socket.rawValue, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, 10_000)
        let request = Array(
            ("POST /v3/\(path) HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
        _ = request.withUnsafeBytes {
            Glibc.send(socket.rawValue, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        waiting.events = Int16(POLLIN)
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while poll(&waiting, 1, 2_000) == 1 {
            let count = read(socket.rawValue, &chunk, chunk.count)
            if count <= 0 { break }
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Writes a key, as another program would.
    func put(_ key: String, _ value: String) throws {
        try ask(
            "kv/put",
            #"{"key":"\#(Base64.encodePadded(Array(key.utf8)))","value":"\#(Base64.encodePadded(Array(value.utf8)))"}"#
        )
    }

    /// What the gateway says of a key.
    func get(_ key: String) throws -> String {
        try ask("kv/range", #"{"key":"\#(Base64.encodePadded(Array(key.utf8)))"}"#)
    }

    /// The value of a member that is a text, in an answer: of the first with this name.
    func value(_ name: String, _ answer: String) -> String? {
        let bytes = Array(answer.utf8)
        let wanted = Array("\"\(name)\":\"".utf8)
        guard bytes.count > wanted.count else { return nil }
        for start in 0..<bytes.count - wanted.count
        where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            let rest = bytes[(start + wanted.count)...]
            return String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        }
        return nil
    }
}
