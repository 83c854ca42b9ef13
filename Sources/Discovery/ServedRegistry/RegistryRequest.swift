// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HTTP1Wire
import HTTPRouting
import InstanceDocuments
import InstanceRegistry
import Text

/// What a request wants of a registry.
enum RegistryRequest: Sendable {
    case names
    case list(String, InstanceSelection)
    case instance(InstanceKey)
    case put(Instance, timeToLive: Duration)
    case remove(InstanceKey)

    /// Tags that one request may want: no instance has more.
    private static let maxTags = InstanceLimits.tags
    /// How long an instance lives without another write, where the request does not say it.
    static let timeToLive = Duration.seconds(300)
    static let leastTimeToLive = Duration.seconds(1)
    static let longestTimeToLive = Duration.seconds(86_400)

    /// Reads a request. First who it is: who may not write learns nothing about what was written.
    init(_ request: HTTPRequest, _ writers: RegistryService.Writers) throws(RegistryRefusal) {
        switch request.method {
        case .put, .delete:
            try Self.checkWriter(request, writers)
            let path = try RegistryTarget(request.path)
            guard case .instance(let key) = path else { throw .notWritten }
            if request.method == .delete {
                self = .remove(key)
            } else {
                let timeToLive = try Self.timeToLive(request)
                do throws(InstanceFault) {
                    let instance = try InstanceDocument.instance(request.body, at: key)
                    self = .put(instance, timeToLive: timeToLive)
                } catch {
                    throw RegistryRefusal(error)
                }
            }
        default:
            switch try RegistryTarget(request.path) {
            case .names: self = .names
            case .service(let name): self = .list(name, try Self.selection(request))
            case .instance(let key): self = .instance(key)
            }
        }
    }

    /// The request is for a stream.
    static func isStream(_ request: HTTPRequest) -> Bool {
        request.query != nil && HTTPQuery(request.query).contains("watch")
    }

    /// What a stream is to tell of.
    static func stream(
        _ request: HTTPRequest
    ) throws(RegistryRefusal) -> (service: String, InstanceSelection) {
        guard case .service(let name) = try RegistryTarget(request.path) else {
            throw RegistryRefusal(
                .badRequest, "a service is watched, and not an instance: GET /discover/NAME?watch")
        }
        return (name, try selection(request))
    }

    private static func checkWriter(
        _ request: HTTPRequest, _ writers: RegistryService.Writers
    ) throws(RegistryRefusal) {
        switch writers {
        case .everybody: return
        case .closed: throw .noToken
        case .token(let token):
            guard let given = BearerToken.read(request), BearerToken.isSame(given, token) else {
                throw .unauthorized
            }
        }
    }

    /// `tag=`, which may come several times, all of which are wanted; `status=`, of which one is.
    private static func selection(
        _ request: HTTPRequest
    ) throws(RegistryRefusal) -> InstanceSelection {
        let query = HTTPQuery(request.query)
        let tags = query.all("tag")
        if tags.count > maxTags {
            throw RegistryRefusal(.badRequest, "tag: an instance has at most \(maxTags)")
        }
        var statuses: Set<InstanceStatus>?
        for word in query.all("status") {
            guard let status = InstanceStatus(rawValue: word) else {
                let words = InstanceStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw RegistryRefusal(.badRequest, "status: use one of \(words)")
            }
            statuses = (statuses ?? []).union([status])
        }
        return InstanceSelection(tags: tags, statuses: statuses)
    }

    private static func timeToLive(_ request: HTTPRequest) throws(RegistryRefusal) -> Duration {
        guard let text = HTTPQuery(request.query).first("ttl") else { return timeToLive }
        guard let duration = try? FlagValue.duration(text), duration >= leastTimeToLive,
            duration <= longestTimeToLive
        else {
            throw RegistryRefusal(.badRequest, "ttl: use a duration from 1s to 24h, such as 30s")
        }
        return duration
    }
}

/// What a path of a registry names.
private enum RegistryTarget {
    case names
    case service(String)
    case instance(InstanceKey)

    init(_ path: String) throws(RegistryRefusal) {
        let rest = path.utf8.dropFirst(RegistryPath.services.utf8CodeUnitCount)
        let parts = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { HTTPQuery.decodePath(Substring($0)) }
        switch parts.count {
        case ...1 where rest.isEmpty: self = .names
        case 1:
            self = .service(parts[0])
            try Self.check(Instance.serviceFault(parts[0]))
        case 2:
            let key = InstanceKey(service: parts[0], id: parts[1])
            self = .instance(key)
            try Self.check(key.fault)
        default:
            throw RegistryRefusal(.notFound, "there is nothing at this path: use /discover/NAME/ID")
        }
    }

    private static func check(_ fault: String?) throws(RegistryRefusal) {
        if let fault { throw RegistryRefusal(.badRequest, fault) }
    }
}
