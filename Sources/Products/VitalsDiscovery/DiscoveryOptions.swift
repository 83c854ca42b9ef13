// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import InstanceRegistry
import SystemIO

/// How a ``Discovery`` finds, chooses and believes.
public struct DiscoveryOptions: Sendable {
    /// How one of several instances is chosen for a call. Where they have weights that differ, as records of SRV may, each has the share
    /// of its weight.
    public enum Balancing: String, CaseIterable, Sendable {
        /// Each in turn.
        case roundRobin = "round-robin"
        /// Of those with the fewest failures in a row, in turn.
        case leastFailures = "least-failures"
        /// The one with the fewest calls of this program under way.
        case leastRequests = "least-requests"
    }

    /// Who says whether a registered instance serves.
    public enum Health: Equatable, Sendable {
        /// What it has registered of itself, and nothing else.
        case asRegistered
        /// Beside that the instance: it is asked at its health check URL, where it has one. By gRPC that is a Watch.
        case asked
        /// Beside that the instance: this health name of it is watched by gRPC at its address.
        case watched(name: String)
    }

    /// The name of this program, from which calls are counted; empty for the name of its file.
    public var name = ""
    /// How one of several is chosen.
    public var balancing = Balancing.roundRobin
    /// Who is believed.
    public var health = Health.asked
    /// How often an instance is asked for its health while it tells nothing by itself.
    public var healthInterval = Duration.seconds(10)
    /// A file of the CAs to trust when health is asked for with TLS; nil for those of the system.
    public var healthCAPath: String?
    /// Instances for a source that cannot be asked from the start, or has none that serve.
    public var fallback: [ServiceInstance] = []
    /// The share of the known instances that stays in use on the word of the source alone, from 0 to 1.
    public var leastShareInUse = 0.5
    /// How long those are remembered that the source does not have any more.
    public var rememberedFor = Duration.seconds(300)
    /// How often what is known is compared with the source, beside its own news.
    public var refreshInterval = Duration.seconds(60)

    /// The defaults.
    public init() {}

    var ofFinder: ServiceFinder.Options {
        var options = ServiceFinder.Options()
        options.balancing =
            switch balancing {
            case .roundRobin: .roundRobin
            case .leastFailures: .leastFailures
            case .leastRequests: .leastRequests
            }
        // What is no number is 0.
        options.caution.floor = leastShareInUse > 0 ? min(leastShareInUse, 1) : 0
        options.caution.memory = max(rememberedFor, .zero)
        options.refresh = max(refreshInterval, .seconds(1))
        return options
    }

    /// The own name.
    var from: String {
        if !name.isEmpty { return name }
        let path = CommandLine.arguments.first ?? ""
        return path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
            ?? "unknown"
    }

    /// What is wrong with them; nil when nothing is.
    var fault: String? {
        fallback.lazy.compactMap(\.instance.fault).first.map { "the fallback: \($0)" }
    }
}
