// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry

/// One process that serves, as it is registered.
public struct ServiceInstance: Sendable {
    /// Whether an instance can serve, in its own words.
    public enum Status: String, CaseIterable, Sendable {
        /// It has not yet been healthy.
        case starting
        /// It serves.
        case available
        /// It does not serve, and may again.
        case unavailable
        /// It serves what has begun, and wants nothing new.
        case draining
    }

    let instance: Instance
    /// Its id was given, or read.
    let hasOwnID: Bool

    init(_ instance: Instance) {
        self.instance = instance
        hasOwnID = true
    }

    /// An instance that is known beforehand, or that registers itself. Without an id it has one of host and port; one that
    /// registers itself gets one that no other process has. What is wrong with it is told by who takes it.
    public init(
        of service: String, host: String, port: Int, id: String? = nil, version: String = "",
        tags: [String] = [], metadata: [String: String] = [:], healthCheckURL: String = ""
    ) {
        // An id has no colon, which addresses of IPv6 have.
        let bytes = (id ?? "\(host)-\(port)").utf8.map {
            id == nil && $0 == UInt8(ascii: ":") ? UInt8(ascii: "_") : $0
        }
        let key = InstanceKey(service: service, id: String(decoding: bytes, as: UTF8.self))
        var instance = Instance(
            key, host: host, port: UInt16(exactly: port) ?? 0, status: .available)
        instance.version = version
        instance.tags = tags
        instance.metadata = metadata
        instance.healthCheckURL = healthCheckURL
        self.instance = instance
        hasOwnID = id != nil
    }

    /// The name under which it is found.
    public var service: String { instance.key.service }

    /// Unique among the instances of its service: a process that starts again has another one.
    public var id: String { instance.key.id }

    /// A name or an address, without brackets.
    public var host: String { instance.host }

    /// Where it listens.
    public var port: Int { Int(instance.port) }

    /// `host:port`, with brackets around an IPv6 address: a target for clients.
    public var address: String { instance.address }

    /// What it says of itself.
    public var status: Status { Status(instance.status) }

    /// The version of its program; empty when it is not known.
    public var version: String { instance.version }

    /// Words by which it can be selected.
    public var tags: [String] { instance.tags }

    /// What else is said of it.
    public var metadata: [String: String] { instance.metadata }

    /// Where it can be asked for its health; empty when nowhere.
    public var healthCheckURL: String { instance.healthCheckURL }
}

extension ServiceInstance: Equatable {
    /// Whether all that is known of both is the same.
    public static func == (left: ServiceInstance, right: ServiceInstance) -> Bool {
        left.instance == right.instance
    }
}

extension ServiceInstance.Status {
    init(_ status: InstanceStatus) {
        switch status {
        case .starting: self = .starting
        case .available: self = .available
        case .unavailable: self = .unavailable
        case .draining: self = .draining
        }
    }

    var registered: InstanceStatus {
        switch self {
        case .starting: .starting
        case .available: .available
        case .unavailable: .unavailable
        case .draining: .draining
        }
    }
}
