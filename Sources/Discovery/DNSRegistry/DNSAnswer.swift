// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import SystemIO

/// The instances that one answer of DNS has, and how long it may be used.
struct DNSAnswer: Sendable {
    let instances: [Instance]
    let timeToLive: Duration

    /// Asks, and blocks the calling thread until `deadline` at most.
    static func ask(
        _ service: String, _ target: DNSTarget, _ times: DNSTimes, until deadline: MonotonicTime
    ) -> Result<DNSAnswer, StoreFailure> {
        // It has waited behind another name for too long.
        if MonotonicTime.now() >= deadline {
            return .failure(.unreachable("no answer of DNS in time"))
        }
        let name = target.name(of: service)
        do throws(NameResolutionError) {
            let places =
                switch target.records {
                case .services:
                    try NameResolver.services(name, at: target.server, deadline: deadline)
                case .addresses(let port):
                    try addresses(of: name, port, target.server, deadline)
                }
            return .success(DNSAnswer(service, places, times))
        } catch .notFound {
            // The zone says that there is none: an answer as well.
            return .success(DNSAnswer(service, [], times))
        } catch {
            return .failure(.unreachable(cause(of: error, target.server)))
        }
    }

    /// Of both families. One that is not there is no fault; one that could not be asked for is, unless the other is there.
    private static func addresses(
        of name: String, _ port: UInt16, _ server: String?, _ deadline: MonotonicTime
    ) throws(NameResolutionError) -> [ServicePlace] {
        var places: [ServicePlace] = []
        var failure: NameResolutionError?
        for record in [NameRecord.a, .aaaa] {
            do throws(NameResolutionError) {
                let found = try NameResolver.addresses(
                    record, of: name, port: port, at: server, deadline: deadline)
                places += found.map {
                    ServicePlace(
                        host: $0.address.numericHost, port: port, timeToLive: $0.timeToLive)
                }
            } catch {
                if case .notFound = error { continue }
                failure = error
            }
        }
        if places.isEmpty, let failure { throw failure }
        return places
    }

    private static func cause(of error: NameResolutionError, _ server: String?) -> String {
        guard let server else { return error.text }
        return switch error {
        case .timedOut: "the name server \(server) is silent"
        case .failed(_, let reason): "the name server \(server): \(reason)"
        case .notFound, .malformedAddress: error.text
        }
    }

    /// What places mean. Those that no instance can have are left out.
    init(_ service: String, _ places: [ServicePlace], _ times: DNSTimes) {
        var instances: [String: Instance] = [:]
        // Zero in all is how a zone says that there is no choice to make.
        let hasWeights = places.contains { $0.weight > 0 }
        for place in places.prefix(InstanceLimits.instances) {
            // An id has no colon, which addresses of IPv6 have.
            let id = "\(place.host)-\(place.port)".utf8.map {
                $0 == UInt8(ascii: ":") ? UInt8(ascii: "_") : $0
            }
            var instance = Instance(
                InstanceKey(service: service, id: String(decoding: id, as: UTF8.self)),
                host: place.host, port: place.port, status: .available)
            if place.priority > 0 {
                instance.metadata[Instance.priorityName] = "\(place.priority)"
            }
            if hasWeights { instance.metadata[Instance.weightName] = "\(place.weight)" }
            if instance.fault == nil { instances[instance.key.id] = instance }
        }
        self.instances = instances.values.sorted { $0.key.id < $1.key.id }
        // Without records there is no time to live that is known here.
        let seconds = places.map(\.timeToLive).min().map { Duration.seconds(Int64($0)) }
        timeToLive = min(max(seconds ?? times.withoutRecords, times.shortest), times.longest)
    }
}
