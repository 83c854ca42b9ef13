// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import DiscoveryClient
import EventLoops
import HTTP1Wire
import HTTPRouting
import InstanceRegistry
import StoreConformance
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import HTTPRegistry

@Suite("What all stores do, at a registry of ours over HTTP")
struct HTTPConformanceTests {
    @Test("Each case", arguments: StoreConformance.allCases)
    func conforms(conformance: StoreConformance) throws { try conformance.run(HTTPRig()) }
}

@Suite("A registry over HTTP, for who registers there")
struct HTTPRegistryStoreTests {
    private let instance = Instance(
        InstanceKey(service: "chat", id: "a"), host: "127.0.0.1", port: 1, status: .available)

    private func put(
        _ instance: Instance, _ rig: any StoreRig
    ) throws -> Result<PutOutcome, StoreFailure> {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let store = try DrivenStore(rig, on: group.loops[0])
        defer { store.close() }
        return try store.begin { $0.put(instance, $1) }.value()
    }

    @Test("Without the token a write is refused, and the reason says what to do")
    func token() throws {
        let rig = try HTTPRig()
        let result = try put(instance, OtherStores(rig) { try rig.makeStore(on: $0, [:]) })
        guard case .failure(.refused(let reason)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("401") && reason.contains("token-file"))
    }

    @Test("A server without a registry is told as that, whatever it answers")
    func noRegistry() throws {
        let server = try TestServer(
            [],
            http: [
                TestPages { routes, _ in
                    let page = HTTPHandler.immediate { _ in
                        HTTPResponse(.ok, contentType: "application/json", body: Array("{}".utf8))
                    }
                    routes.add(.put, below: "/discover/", page)
                    routes.add(.get, below: "/discover/", page)
                }
            ])
        let rig = try OtherStores(at: server.address)
        guard case .failure(.refused(let reason)) = try put(instance, rig) else {
            Issue.record("no refusal")
            return
        }
        #expect(reason.hasPrefix("there is no registry (200)"))
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let store = try DrivenStore(rig, on: group.loops[0])
        let watch = try store.watch("chat")
        #expect(try watch.nextAway().text.hasPrefix("there is no registry"))
        store.close()
    }

    @Test("A write whose answer is lost is not taken for a change by another")
    func lostAnswer() throws {
        let rig = try HTTPRig()
        let lost = Mutex(1)
        let real = rig.address
        let server = try TestServer(
            [],
            http: [
                TestPages { routes, _ in
                    routes.add(
                        .put, below: "/discover/",
                        .deferred { request, responder in
                            let answer = try? RawExchange.askHTTP(
                                "PUT", request.path, Array(request.body),
                                fields: ["Authorization: Bearer " + HTTPRig.token], at: real)
                            let isLost = lost.withLock { left in
                                defer { left -= 1 }
                                return left > 0
                            }
                            let text = (answer ?? "").split(separator: "\r\n\r\n").last ?? ""
                            responder.respond(
                                HTTPResponse(
                                    isLost ? .serviceUnavailable : .ok,
                                    contentType: "application/json", body: Array(text.utf8),
                                    fields: [("vitals-registry", "1")]))
                            return nil
                        })
                }
            ])
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let store = try DrivenStore(try OtherStores(at: server.address), on: group.loops[0])
        guard case .failure = try store.begin({ $0.put(instance, $1) }).value() else {
            Issue.record("the answer was not lost")
            return
        }
        var draining = instance
        draining.status = .draining
        #expect(try store.put(draining) == .kept)
        #expect(try store.put(draining) == .kept)
        store.close()
    }

    @Test("An instance that is too large for a request is refused before it is sent")
    func tooLarge() throws {
        var large = instance
        for index in 0..<64 {
            large.metadata["m\(index)"] = String(repeating: "x", count: 1000)
        }
        let result = try put(large, try HTTPRig())
        #expect(result == .failure(.refused("an instance has at most 61440 bytes of JSON")))
    }

    @Test("A client keeps its list while the registry starts again without one, until it is filled")
    func restart() throws {
        let rig = try HTTPRig(timeToLive: .seconds(300))
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        let store = try DrivenStore(rig, on: loop)
        for id in ["a", "b"] {
            let key = InstanceKey(service: "chat", id: id)
            _ = try store.put(Instance(key, host: "127.0.0.1", port: 1, status: .available))
        }
        let finders = Mailbox<LoopBound<ServiceFinder>>()
        loop.post {
            if let store = try? rig.makeStore(on: loop) {
                finders.put(LoopBound(ServiceFinder(in: store, on: loop), on: loop))
            }
        }
        let finder = try #require(finders.next())
        func known() throws -> (count: Int, source: KnownInstances.Source?) {
            let box = Mailbox<(Int, KnownInstances.Source?)>()
            loop.post {
                let found = finder.value.cached("chat")
                box.put((found?.instances.count ?? 0, found?.source))
            }
            return try #require(box.next())
        }
        #expect(eventually { (try? known().count) == 2 })
        try rig.goAway()
        #expect(eventually { (try? known().source) == .lastGood })
        #expect(try known().count == 2)
        try rig.restart()
        #expect(eventually { (try? known().source) == .store })
        #expect(try known().count >= 1)
        for id in ["a", "b"] {
            let key = InstanceKey(service: "chat", id: id)
            let again = Instance(key, host: "127.0.0.1", port: 1, status: .available)
            let box = store.begin { $0.put(again, $1) }
            #expect(try box.value() == .success(.registered))
        }
        #expect(eventually { (try? known().count) == 2 })
        loop.post { finder.value.close() }
        store.close()
    }

    @Test(
        "A URL that leads to no registry is refused, and nothing secret is shown",
        arguments: [
            "http://h?token=x", "http://user:pw@h", "http://", "ftp://h", "http://h:0",
            "http://h/a%zz b",
        ])
    func urls(text: String) {
        var options = CheckOptions()
        #expect {
            _ = try HTTPRegistryTarget(text, &options)
        } throws: { error in
            let text = (error as? CheckOptionError)?.text ?? "pw"
            return !text.contains("pw") && text.contains("url")
        }
    }

    @Test("A path stands before that of the registry")
    func prefix() throws {
        for text in ["http://h:8080/a/b", "http://h:8080/a/b/"] {
            var options = CheckOptions()
            let target = try HTTPRegistryTarget(text, &options)
            let request = String(decoding: try #require(target.list("chat")), as: UTF8.self)
            #expect(request.hasPrefix("GET /a/b/discover/chat HTTP/1.1\r\nhost: h:8080\r\n"))
        }
    }
}

/// Stores of another kind than those of a rig.
private final class OtherStores: StoreRig {
    private let make: @Sendable (EventLoop) throws -> any RegistryStore
    private let rig: HTTPRig?

    init(_ rig: HTTPRig?, _ make: @escaping @Sendable (EventLoop) throws -> any RegistryStore) {
        self.rig = rig
        self.make = make
    }

    convenience init(at address: SocketAddress) throws {
        let url = "http://127.0.0.1:\(address.port ?? 0)"
        self.init(nil) { loop in
            var options = CheckOptions()
            return HTTPRegistryStore(try HTTPRegistryTarget(url, &options), on: loop)
        }
    }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore { try make(loop) }
}
