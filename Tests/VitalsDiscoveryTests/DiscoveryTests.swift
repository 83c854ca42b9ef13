// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import GRPCHealth
import HealthProtocol
import Synchronization
import SystemIO
import Telemetry
import TestSupport
import Testing

@testable import VitalsDiscovery

@Suite("Finding and calling instances", .timeLimit(.minutes(1)))
struct DiscoveryTests {
    private struct Failure: Error {}

    private func instances(_ ids: String) -> [ServiceInstance] {
        ids.map { ServiceInstance(of: "chat", host: "127.0.0.1", port: 1, id: "\($0)") }
    }

    private var trusting: DiscoveryOptions {
        var options = DiscoveryOptions()
        options.health = .asRegistered
        return options
    }

    @Test("Calls take turns, and a failure is tried elsewhere as often as it may be")
    func calls() async throws {
        let discovery = try Discovery(.fixed(instances("abc")), trusting)
        var used: [String: Int] = [:]
        for _ in 0..<9 { try await discovery.call("chat") { used[$0.id, default: 0] += 1 } }
        #expect(used == ["a": 3, "b": 3, "c": 3])
        var tried: [String] = []
        let last = try await discovery.call("chat", attempts: 3) { instance in
            tried.append(instance.id)
            if tried.count < 3 { throw Failure() }
            return instance.id
        }
        #expect(Set(tried).count == 3 && tried.last == last)
        await #expect(throws: Failure.self) {
            try await discovery.call("chat", attempts: 2) { _ in throw Failure() }
        }
        // What is no failure of the instance is not tried again.
        var count = 0
        await #expect(throws: Failure.self) {
            try await discovery.call(
                "chat", attempts: 3, isFailure: { _ in false },
                { _ in
                    count += 1
                    throw Failure()
                })
        }
        #expect(count == 1)
    }

    @Test("A source that cannot be asked leaves the instances that were given, and says why")
    func fallback() async throws {
        var options = trusting
        options.fallback = instances("x")
        // Nothing listens at port 1.
        let discovery = try Discovery(DiscoverySource("redis://127.0.0.1:1"), options)
        let first = await discovery.instances(of: "chat")
        #expect(first.instances.map(\.id) == ["x"] && first.origin == .fallback)
        for await list in discovery.changes(of: "chat") where list.failure != nil {
            #expect(list.origin == .fallback && list.age == nil)
            break
        }
        #expect(try await discovery.call("chat") { $0.address } == "127.0.0.1:1")
        let limit = Duration.milliseconds(20)
        await #expect(throws: DiscoveryError.self) {
            try await discovery.call("other", within: limit) { _ in }
        }
        let other = await discovery.instances(of: "other", within: limit)
        #expect(other.instances.isEmpty && other.origin == .nothing)
    }

    @Test("An instance that says NOT_SERVING is left out, and is back when it serves")
    func health() async throws {
        let reporters = [HealthReporter(), HealthReporter()]
        for reporter in reporters { reporter.set(.serving, for: "up") }
        let servers = try reporters.map { try TestServer([HealthService($0)]) }
        let list = try servers.enumerated().map { index, server in
            let port = Int(try #require(server.address.port))
            return ServiceInstance(of: "chat", host: "127.0.0.1", port: port, id: "\(index)")
        }
        var options = DiscoveryOptions()
        options.health = .watched(name: "up")
        options.healthInterval = .seconds(3600)
        let discovery = try Discovery(.fixed(list), options)
        var steps = 0
        for await list in discovery.changes(of: "chat") {
            switch (steps, list.instances.map(\.id)) {
            case (0, ["0", "1"]): reporters[0].set(.notServing, for: "up")
            case (1, ["1"]): reporters[0].set(.serving, for: "up")
            case (2, ["0", "1"]): break
            // The first status of each may come before or after the first list.
            default: continue
            }
            steps += 1
            if steps == 3 { break }
        }
        #expect(steps == 3)
        _ = servers
    }

    @Test("It ends: streams end, those who wait are answered, and later look-ups say so")
    func stop() async throws {
        let peer = try FileDescriptor.listener(at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        let port = try #require(try peer.localAddress().port)
        // It accepts, and is silent.
        let discovery = try Discovery(DiscoverySource("redis://127.0.0.1:\(port)"), trusting)
        async let waiting = discovery.instances(of: "chat", within: .seconds(3600))
        let stream = discovery.changes(of: "chat")
        discovery.stop()
        for await list in stream { #expect(list.instances.isEmpty) }
        #expect(await waiting.instances.isEmpty)
        let late = await discovery.instances(of: "chat")
        #expect(late.failure == "the discovery was stopped")
        for await _ in discovery.changes(of: "chat") { Issue.record("told after the end") }
        discovery.stop()
    }

    @Test("A program registers itself as it is judged, drains and ends")
    func registration() async throws {
        let discovery = try Discovery(DiscoverySource("memory:"), trusting)
        let isUp = Atomic(true)
        let me = ServiceInstance(of: "chat", host: "10.0.0.7", port: 80, tags: ["eu"])
        let registration = try discovery.register(me) {
            isUp.load(ordering: .relaxed) ? .available : .unavailable
        }
        let empty = try Discovery(DiscoverySource("srv:h"))
        #expect(throws: DiscoveryError.self) { try empty.register(me) { .available } }
        var steps = 0
        for await list in discovery.changes(of: "chat") {
            switch (steps, list.instances.count) {
            case (0, 1):
                #expect(list.instances.first?.tags == ["eu"])
                #expect(list.instances.first?.id == registration.instance.id)
                await registration.drain()
                #expect(registration.status == .draining)
            case (1, 0):
                await registration.end()
                #expect(registration.status == nil && registration.failure == nil)
            default: continue
            }
            steps += 1
            if steps == 2 { break }
        }
        isUp.store(false, ordering: .relaxed)
        let again = try discovery.register(me) { .unavailable }
        #expect(again.instance.id != registration.instance.id)
        discovery.stop()
        await again.end()
    }

    @Test("Look-ups, lists and the edges between services are counted")
    func metrics() async throws {
        let registry = MetricsRegistry()
        var options = trusting
        options.name = "gateway"
        let discovery = try Discovery(.fixed(instances("ab")), options, registry)
        for _ in 0..<3 { try await discovery.call("chat") { _ in } }
        try? await discovery.call("chat") { _ in throw Failure() }
        try? await discovery.call("chat") { _ in throw CancellationError() }
        try? await discovery.call("other") { _ in }
        var text = ""
        let isCounted = eventually {
            text = String(decoding: ExpositionWriter.page(registry.families, .text), as: UTF8.self)
            return text.contains(#"discovery_instances_usable{service="chat"} 2"#)
        }
        #expect(isCounted)
        for line in [
            #"discovery_calls_total{from="gateway",result="succeeded",to="chat"} 3"#,
            #"discovery_calls_total{from="gateway",result="failed",to="chat"} 1"#,
            #"discovery_calls_total{from="gateway",result="abandoned",to="chat"} 1"#,
            #"discovery_calls_total{from="gateway",result="none",to="other"} 1"#,
            #"discovery_lookups_total{cache="miss",service="chat"} 1"#,
            #"discovery_lookups_total{cache="hit",service="chat"} 4"#,
            #"discovery_lookup_seconds_count{service="chat"} 1"#,
            #"discovery_instances{service="chat",status="available"} 2"#,
            #"discovery_list_age_seconds{service="chat"} "#,
        ] {
            #expect(text.contains(line), "\(line) is in \(text)")
        }
        // All are let go of: what had instances stays, and a wrong name goes.
        discovery.stop()
        let isForgotten = eventually {
            text = String(decoding: ExpositionWriter.page(registry.families, .text), as: UTF8.self)
            return !text.contains(#""other""#)
        }
        #expect(isForgotten && text.contains(#"discovery_instances_usable{service="chat"} 0"#))
    }

    @Test("Instances are selected by their tags")
    func tags() async throws {
        let list = [["gpu", "eu"], ["gpu"], []].enumerated().map { index, tags in
            ServiceInstance(of: "chat", host: "h", port: 1, id: "\(index)", tags: tags)
        }
        let discovery = try Discovery(.fixed(list), trusting)
        #expect(await discovery.instances(of: "chat", tags: ["gpu"]).instances.count == 2)
        let both = await discovery.instances(of: "chat", tags: ["eu", "gpu"])
        #expect(both.instances.map(\.id) == ["0"] && both.origin == .source && both.age != nil)
    }

    @Test("What cannot be used is refused with what to do, without a secret")
    func refusals() async throws {
        for (line, words) in [
            ("ftp://u:hidden@h", "redis://"), ("redis://u:hidden@h:x", "port"),
            ("srv:a b", "name of DNS"), ("dns:h", "dns:NAME:PORT"),
            ("srv:h,server=here", "10.0.0.2:53"), ("srv:h,colour=red", "colour is unknown"),
        ] {
            let error = #expect(throws: DiscoveryError.self) { try DiscoverySource(line) }
            #expect(
                error?.description.contains(words) == true, "\(line): \(String(describing: error))")
            #expect(error?.description.contains("hidden") == false)
        }
        #expect(try DiscoverySource("redis://u:hidden@h").description == "redis://u:***@h")
        let wrong = [ServiceInstance(of: "chat", host: "h", port: 0)]
        #expect(throws: DiscoveryError.self) { try Discovery(.fixed(wrong)) }
        let discovery = try Discovery(.fixed([]), trusting)
        let list = await discovery.instances(of: "a:b")
        #expect(list.failure?.contains("letters, digits") == true)
        for await list in discovery.changes(of: "a:b") { #expect(list.failure != nil) }
    }
}
