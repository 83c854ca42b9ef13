// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
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
        fileprivate var process = ServerProcess()

        fileprivate init() throws {
            (port, peerPort) = (try freePort(), try freePort())
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

    // MARK: Processes

    /// Starts a member, with the data that it has.
    func start(_ index: Int) throws {
        let member = members[index]
        let (client, peer) = (
            "http://127.0.0.1:\(member.port)", "http://127.0.0.1:\(member.peerPort)"
        )
        let peers = (proxy?.ports ?? members.map(\.peerPort)).map { "http://127.0.0.1:\($0)" }
        let cluster = peers.enumerated().map { "m\($0.offset)=\($0.element)" }
        try member.process.start(
            [
                "etcd", "--name", "m\(index)", "--data-dir",
                "\(folder.path)/\(generation)-\(index)", "--listen-client-urls", client,
                "--advertise-client-urls", client, "--listen-peer-urls", peer,
                "--initial-advertise-peer-urls", peers[index], "--initial-cluster",
                cluster.joined(separator: ","), "--heartbeat-interval", "50",
                "--election-timeout", "500", "--logger", "zap", "--log-level", "error",
            ] + words)
    }

    /// Kills a member, and waits for its end.
    func stop(_ index: Int) { members[index].process.stop() }

    /// Lets a member hang, or go on.
    func signal(_ index: Int, _ number: CInt) { members[index].process.signal(number) }

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
        try wait("etcd has a leader") { hasLeader(index) }
    }

    private func hasLeader(_ index: Int = 0) -> Bool {
        (try? ask("kv/range", #"{"key":"eA=="}"#, index))?.contains("header") == true
    }

    /// Whether a member has ended by itself. It is reaped then.
    private func hasEnded() -> Bool {
        // Each is asked, so that each is reaped.
        members.count(where: { $0.process.hasEnded() }) > 0
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
        try RawExchange.askHTTP(
            "POST", "/v3/\(path)", Array(body.utf8),
            at: SocketAddress(numeric: "127.0.0.1", port: members[index].port)!,
            silence: .seconds(2))
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
