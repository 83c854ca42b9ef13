// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import EventLoops
import GRPCTransport
import HTTPRouting
import InstanceRegistry
import LocalRegistry
import ServedRegistry
import StoreConformance
import Synchronization
import SystemIO
import TestSupport

@testable import HTTPRegistry

/// A registry that a server of ours has at a port of the loopback, with a token.
final class HTTPRig: StoreRig {
    private struct Box {
        var server: TestServer?
        var desk: LoopBound<RegistryDesk>?
    }

    static let token = "secret-token"
    private let group: EventLoopGroup
    private let folder: TemporaryFolder
    private let box = Mutex(Box())
    let address: SocketAddress
    let timeToLive: Duration

    init(timeToLive: Duration = .seconds(2)) throws {
        self.timeToLive = timeToLive
        folder = try TemporaryFolder()
        try folder.write(Self.token + "\n", to: "token")
        group = try EventLoopGroup(count: 1)
        let desk = Self.makeDesk(on: group.loops[0])
        let server = try Self.serve(desk, at: nil)
        address = server.address
        box.withLock { $0 = Box(server: server, desk: desk) }
    }

    deinit {
        box.withLock { $0.server = nil }
        group.stop()
    }

    private static func makeDesk(on loop: EventLoop) -> LoopBound<RegistryDesk> {
        LoopBound(RegistryDesk(on: loop, .init(), maxPeerShare: 100), on: loop)
    }

    /// On two loops, neither of which is that of the registry.
    private static func serve(
        _ desk: LoopBound<RegistryDesk>, at address: SocketAddress?
    ) throws -> TestServer {
        let made = Mailbox<RegistryService>()
        desk.loop.post {
            made.put(
                RegistryService(desk.value, writers: .token(token), silence: .milliseconds(200)))
        }
        guard let service = made.next() else { throw Unexpected(description: "no registry") }
        return try TestServer([], http: [service], loops: 2, at: address)
    }

    var features: Set<RigFeature> { Set(RigFeature.allCases) }
    /// Each write is a request over a connection of its own.
    var crowd: Int { 100 }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore {
        try makeStore(on: loop, ["token-file": [folder.path + "/token"]])
    }

    func makeStore(
        on loop: EventLoop, _ options: [String: [String]]
    ) throws -> HTTPRegistryStore {
        var options = CheckOptions(options)
        let url = "http://127.0.0.1:\(address.port ?? 0)/"
        var times = HTTPRegistryTimes()
        times.timeToLive = timeToLive
        times.longestWait = .milliseconds(100)
        return HTTPRegistryStore(try HTTPRegistryTarget(url, &options), times, on: loop)
    }

    func loseAll() throws {
        let done = Mailbox<Bool>()
        guard let desk = box.withLock({ $0.desk }) else { return }
        desk.loop.post {
            desk.value.directory.removeAll()
            done.put(true)
        }
        _ = done.next()
    }

    /// A process starts again: its registry is empty, and another one.
    func restart() throws {
        try goAway()
        box.withLock { $0.desk = Self.makeDesk(on: group.loops[0]) }
        try comeBack()
    }

    /// It is refused at the door.
    func plantGarbage(_ service: String) throws {
        for body in ["", "{}", #"{"host":"h","port":0}"#, #"{"host":"","port":1}"#, "\u{0}"] {
            let answer = try RawExchange.askHTTP(
                "PUT", "/discover/\(service)/garbage", Array(body.utf8),
                fields: ["Authorization: Bearer " + Self.token], at: address)
            guard answer.hasPrefix("HTTP/1.1 400 ") else {
                throw Unexpected(description: "garbage is taken: \(answer)")
            }
        }
    }

    func goAway() throws {
        let server = box.withLock { box in
            defer { box.server = nil }
            return box.server
        }
        guard let server else { return }
        let done = Mailbox<Bool>()
        server.server.stop(within: .zero) { _ in done.put(true) }
        _ = done.next()
    }

    func comeBack() throws {
        guard let desk = box.withLock({ $0.desk }) else { return }
        let server = try Self.serve(desk, at: address)
        box.withLock { $0.server = server }
    }
}
