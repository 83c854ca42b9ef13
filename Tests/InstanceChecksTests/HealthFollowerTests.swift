// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import GRPCHealth
import HealthProtocol
import InstanceRegistry
import Outbound
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import InstanceChecks

@Suite("Health of instances, asked of themselves")
struct HealthFollowerTests {
    /// What was told of instances.
    private struct News: Sendable {
        let id: String
        let state: Outcome.State
        let cause: String
    }

    /// A follower on a loop of its own.
    private final class Followed: Sendable {
        let group: EventLoopGroup
        let news = Mailbox<News>()
        private let follower: LoopBound<HealthFollower>

        init(interval: Duration = .seconds(3600)) throws {
            let group = try EventLoopGroup(count: 1)
            self.group = group
            let made = Mailbox<LoopBound<HealthFollower>>()
            group.loops[0].post { [news] in
                var times = HealthFollowerTimes()
                times.interval = interval
                let follower = HealthFollower(on: group.loops[0], times) { key, result in
                    news.put(News(id: key.id, state: result.state, cause: result.cause))
                }
                made.put(LoopBound(follower, on: group.loops[0]))
            }
            follower = try #require(made.next())
        }

        func follow(_ instances: [Instance]) {
            follower.loop.post { [follower] in follower.value.follow(instances, of: "chat") }
        }

        /// Waits until it is told of a state.
        func becomes(_ id: String, _ state: Outcome.State) -> Bool {
            while let told = news.next() {
                if told.id == id, told.state == state { return true }
            }
            return false
        }

        var count: Int {
            let box = Mailbox<Int>()
            follower.loop.post { [follower] in box.put(follower.value.count) }
            return box.next() ?? -1
        }

        func end() {
            follow([])
            _ = count
            group.stop()
        }
    }

    private func instance(_ id: String, _ url: String, host: String = "127.0.0.1") -> Instance {
        var instance = Instance(
            InstanceKey(service: "chat", id: id), host: host, port: 1, status: .available)
        instance.healthCheckURL = url
        return instance
    }

    @Test("A change of one is told when it happens, and its end as well")
    func changes() throws {
        let reporters = [HealthReporter(), HealthReporter()]
        for reporter in reporters { reporter.set(.serving, for: "up") }
        var servers = try reporters.map { try TestServer([HealthService($0)]) }
        let instances = try servers.enumerated().map { index, server in
            instance("\(index)", "grpc://127.0.0.1:\(try #require(server.address.port))/up")
        }
        let followed = try Followed()
        followed.follow(instances)
        #expect(followed.becomes("0", .healthy))
        // It asks again in an hour.
        for _ in 0..<2 {
            reporters[0].set(.notServing, for: "up")
            #expect(followed.becomes("0", .unhealthy))
            reporters[0].set(.serving, for: "up")
            #expect(followed.becomes("0", .healthy))
        }
        servers.removeFirst()
        #expect(followed.becomes("0", .unhealthy))
        followed.follow([instances[1]])
        #expect(followed.count == 1)
        reporters[1].set(.notServing, for: "up")
        #expect(followed.becomes("1", .unhealthy))
        followed.end()
        _ = servers
    }

    @Test("A server that hangs has failed, and is asked again")
    func hanging() throws {
        let listener = try FileDescriptor.listener(
            at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
        let port = try #require(try listener.localAddress().port)
        let followed = try Followed(interval: .milliseconds(100))
        followed.follow([instance("a", "grpc://127.0.0.1:\(port)/up")])
        #expect(followed.becomes("a", .unhealthy))
        followed.end()
    }

    @Test("A URL of another host is not followed, and one that is none neither")
    func foreign() throws {
        let followed = try Followed()
        followed.follow([
            instance("a", "grpc://127.0.0.2:1/up"), instance("b", "exec:ls"), instance("c", ""),
        ])
        #expect(followed.becomes("a", .unknown))
        #expect(followed.becomes("b", .unknown))
        #expect(followed.count == 0)
        followed.end()
    }

    @Test("Names of many hosts are resolved by a few threads")
    func resolvers() throws {
        let group = try EventLoopGroup(count: 1)
        let counts = Mailbox<[Int]>()
        group.loops[0].post {
            let follower = HealthFollower(on: group.loops[0]) { _, _ in }
            func resolver(_ host: String) -> ObjectIdentifier {
                let target = OutboundTarget(.host(host, port: 1))
                return ObjectIdentifier(follower.context.resolver(of: target))
            }
            let names = (0..<500).map { "pod-\($0).test" }
            counts.put([Set(names.map(resolver)).count, Set([resolver("a"), resolver("a")]).count])
        }
        let found = try #require(counts.next())
        #expect((2...HealthFollower.resolverLimit).contains(found[0]))
        #expect(found[1] == 1)
        group.stop()
    }
}
