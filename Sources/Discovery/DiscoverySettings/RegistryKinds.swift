// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import ConsulRegistry
import EtcdRegistry
package import EventLoops
import HTTPRegistry
package import InstanceRegistry
import NetworkChecks
import Outbound
import RedisRegistry

/// A registry as it is configured.
package struct RegistryPlan: Sendable {
    /// The store, without secrets.
    let name: String
    /// Makes the store of a loop, whose instances live for so long after a write.
    let makeStore: @Sendable (_ timeToLive: Duration, _ loop: EventLoop) -> any RegistryStore
    /// Why the store will never take an instance; nil when it will.
    let fault: @Sendable (Instance) -> String?

    /// A plan.
    package init(
        _ name: String, fault: @escaping @Sendable (Instance) -> String? = \.fault,
        _ makeStore:
            @escaping @Sendable (_ timeToLive: Duration, _ loop: EventLoop) ->
            any RegistryStore
    ) {
        self.name = name
        self.fault = fault
        self.makeStore = makeStore
    }
}

/// The registries that a program knows, by the scheme of their URLs.
enum RegistryKinds {
    /// Reads a URL and the options that only its kind knows.
    typealias Make =
        @Sendable (_ url: String, _ options: inout CheckOptions) throws(CheckOptionError) ->
        RegistryPlan

    /// One line a scheme.
    private static let makers: [String: Make] = [
        "consul": consul, "consuls": consul, "etcd": etcd, "etcds": etcd, "http": http,
        "https": http, "redis": redis, "rediss": redis, "redis+sentinel": sentinel,
        "rediss+sentinel": sentinel,
    ]

    /// The schemes, for people.
    static var names: String { schemes.map { $0 + "://" }.joined(separator: ", ") }

    /// The schemes of all.
    static var schemes: [String] { makers.keys.sorted() }

    /// Reads a URL and its options. No message shows the URL: it may have a secret in it.
    static func make(
        _ url: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> RegistryPlan {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard let make = makers[scheme] else {
            throw CheckOptionError("register", "has no URL of a registry: use one of \(names)")
        }
        return try make(url, &options)
    }

    /// A write that gets no answer leaves time for another one.
    private static func longestAnswer(_ timeToLive: Duration) -> Duration { timeToLive / 3 }

    private static let consul: Make = { (url, options) throws(CheckOptionError) in
        let target = try ConsulTarget(url, &options)
        return RegistryPlan(target.url.masked, fault: ConsulStore.fault) { timeToLive, loop in
            var times = ConsulTimes()
            times.timeToLive = timeToLive
            times.answer = min(times.answer, longestAnswer(timeToLive))
            return ConsulStore(target, times, on: loop)
        }
    }

    private static let etcd: Make = { (url, options) throws(CheckOptionError) in
        let target = try EtcdTarget(url, &options)
        return RegistryPlan(target.url.masked) { timeToLive, loop in
            var settings = target.settings
            settings.times.timeToLive = timeToLive
            settings.times.answer = min(settings.times.answer, longestAnswer(timeToLive))
            return EtcdStore(settings, on: loop, OutboundResolver())
        }
    }

    private static let http: Make = { (url, options) throws(CheckOptionError) in
        let target = try HTTPRegistryTarget(url, &options)
        return RegistryPlan(target.url.masked, fault: HTTPRegistryStore.fault) { timeToLive, loop in
            var times = HTTPRegistryTimes()
            times.timeToLive = timeToLive
            times.answer = min(times.answer, longestAnswer(timeToLive))
            return HTTPRegistryStore(target, times, on: loop)
        }
    }

    private static let redis: Make = { (url, options) throws(CheckOptionError) in
        let target = try RedisTarget(url, &options)
        return RegistryPlan(target.url.masked) { timeToLive, loop in
            RedisStore(target, redisTimes(timeToLive), on: loop)
        }
    }

    private static let sentinel: Make = { (url, options) throws(CheckOptionError) in
        let target = try SentinelTarget(url, &options)
        return RegistryPlan(target.url.masked) { timeToLive, loop in
            RedisStore(target, redisTimes(timeToLive), on: loop)
        }
    }

    private static func redisTimes(_ timeToLive: Duration) -> RedisTimes {
        var times = RedisTimes()
        times.timeToLive = timeToLive
        let longest = longestAnswer(timeToLive)
        (times.connect, times.answer) = (min(times.connect, longest), min(times.answer, longest))
        return times
    }
}
