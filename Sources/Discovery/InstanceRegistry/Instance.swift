// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The name of one instance among all: an id is unique within its service.
package struct InstanceKey: Hashable, Sendable {
    package let service: String
    package let id: String

    /// A key as it is; ``fault`` says what is wrong with it.
    package init(service: String, id: String) {
        self.service = service
        self.id = id
    }
}

/// One process that serves, as it tells of itself and as stores keep it.
package struct Instance: Equatable, Sendable {
    package let key: InstanceKey
    /// A name or an address, without brackets.
    package var host: String
    package var port: UInt16
    package var status: InstanceStatus
    /// Where others can ask for its health (`http://…`, `grpc://…`); empty when nowhere.
    package var healthCheckURL = ""
    package var version = ""
    package var tags: [String] = []
    package var metadata: [String: String] = [:]
    /// Milliseconds since 1970, UTC.
    package var registrationTime: Int64 = 0

    /// An instance with what each has.
    package init(_ key: InstanceKey, host: String, port: UInt16, status: InstanceStatus) {
        self.key = key
        self.host = host
        self.port = port
        self.status = status
    }

    /// The key of metadata with the ``priority``.
    package static let priorityName = "dns.priority"

    /// Those with a lower number are used first (RFC 2782): 0, unless its metadata says it.
    package var priority: UInt16 {
        metadata.isEmpty ? 0 : metadata[Self.priorityName].flatMap { UInt16($0) } ?? 0
    }

    /// The key of metadata with the ``weight``.
    package static let weightName = "dns.weight"

    /// Its share among those of its priority (RFC 2782): 1, unless its metadata says it. One with 0 gets next to nothing while others
    /// have more.
    package var weight: UInt16 {
        metadata.isEmpty ? 1 : metadata[Self.weightName].flatMap { UInt16($0) } ?? 1
    }

    /// `host:port`, with brackets around an IPv6 address.
    package var address: String { HostAndPort(host: host, port: port).text }
}

/// Bounds of what an instance may say: a store is read by all, and one instance must not fill it.
package enum InstanceLimits {
    /// Bytes of a name of a service, an id, a host, a version, a tag, a key of metadata.
    package static let nameBytes = 255
    package static let tags = 32
    package static let metadataEntries = 64
    /// Bytes of a URL, and of one value of metadata.
    package static let valueBytes = 1024
    /// Instances of one service that are kept; more are left out, and counted.
    package static let instances = 10_000
}

extension Instance {
    /// What is wrong with it, for who wrote it; nil when it is valid. What stores answer is judged as well.
    package var fault: String? {
        if let fault = key.fault { return fault }
        if let fault = Self.textFault(host, "a host", InstanceLimits.nameBytes) { return fault }
        if host.isEmpty { return "an instance needs a host" }
        if port == 0 { return "an instance needs a port from 1 to 65535" }
        if tags.count > InstanceLimits.tags {
            return "an instance has at most \(InstanceLimits.tags) tags"
        }
        for tag in tags {
            if tag.isEmpty { return "a tag is not empty" }
            if let fault = Self.textFault(tag, "a tag", InstanceLimits.nameBytes) { return fault }
        }
        if metadata.count > InstanceLimits.metadataEntries {
            return "an instance has at most \(InstanceLimits.metadataEntries) entries of metadata"
        }
        for (name, value) in metadata {
            if name.isEmpty { return "a key of metadata is not empty" }
            if let fault = Self.textFault(name, "a key of metadata", InstanceLimits.nameBytes) {
                return fault
            }
            if let fault = Self.textFault(value, "metadata", InstanceLimits.valueBytes) {
                return fault
            }
        }
        return Self.textFault(version, "a version", InstanceLimits.nameBytes)
            ?? Self.textFault(healthCheckURL, "a URL", InstanceLimits.valueBytes)
    }

    /// What is wrong with the name of a service; nil when it is valid.
    package static func serviceFault(_ name: String) -> String? {
        nameFault(name, "the name of a service")
    }

    /// Names are parts of keys and paths in stores: `:` and `/` would make two names one.
    fileprivate static func nameFault(_ text: String, _ what: String) -> String? {
        if text.isEmpty { return "\(what) is not empty" }
        if let fault = textFault(text, what, InstanceLimits.nameBytes) { return fault }
        // In a path they are no names: clients and proxies take them out.
        if text == "." || text == ".." { return "\(what) is not '.' or '..'" }
        return text.utf8.allSatisfy(isOfName)
            ? nil : "\(what) has letters, digits, '-', '_' and '.' only"
    }

    /// Names have such bytes only.
    package static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func textFault(_ text: String, _ what: String, _ limit: Int) -> String? {
        if text.utf8.count > limit { return "\(what) has at most \(limit) bytes" }
        return text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            ? "\(what) has no control characters" : nil
    }
}

extension InstanceKey {
    /// What is wrong with it, for who wrote it; nil when it is valid.
    package var fault: String? {
        Instance.serviceFault(service) ?? Instance.nameFault(id, "the id of an instance")
    }
}

extension StoreFailure {
    /// Why no store takes a service of that name; nil when all do.
    package static func refusal(of service: String) -> StoreFailure? {
        Instance.serviceFault(service).map { .refused($0) }
    }
}
