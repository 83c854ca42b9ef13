// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import JSONWire
package import Text

/// An instance as an object of JSON, as a registry over HTTP takes and gives it.
package enum InstanceDocument {
    /// What a registry has seen of an instance, beside what it says of itself.
    package struct Sight: Equatable, Sendable {
        /// Milliseconds since 1970, UTC.
        package let lastHealthCheck: Int64
        package let consecutiveFailures: Int

        /// What was seen.
        package init(lastHealthCheck: Int64, consecutiveFailures: Int) {
            self.lastHealthCheck = lastHealthCheck
            self.consecutiveFailures = consecutiveFailures
        }
    }

    /// Bytes of one instance: more is not taken over HTTP, where a request has a limit.
    package static let limit = 60 << 10
    /// The registration time of an instance that was written without one.
    package static let unknownTime = Int64.min
    /// Values of one instance at most, so that a short text cannot cost much memory.
    private static let maxValues = 16 + 2 * (InstanceLimits.tags + InstanceLimits.metadataEntries)

    /// Writes the members of an instance into an object.
    package static func write(
        _ instance: Instance, _ sight: Sight? = nil, into writer: inout JSONWriter
    ) {
        writer.set("service_name", instance.key.service)
        writer.set("instance_id", instance.key.id)
        writer.set("host", instance.host)
        writer.set("port", instance.port)
        writer.set("health_check_url", instance.healthCheckURL)
        writer.object("metadata") { writer in
            for (name, value) in instance.metadata.sorted(by: { $0.key < $1.key }) {
                writer.set(named: name, value)
            }
        }
        writer.set("status", instance.status.rawValue)
        writer.set("registration_time", RegistrationTime.text(instance.registrationTime))
        writer.set("version", instance.version)
        writer.array("tags", instance.tags)
        if let sight { write(sight, into: &writer) }
    }

    private static func write(_ sight: Sight, into writer: inout JSONWriter) {
        writer.set("last_health_check", RegistrationTime.text(sight.lastHealthCheck))
        writer.set("consecutive_failures", sight.consecutiveFailures)
    }

    /// What was seen of an instance, as an object.
    static func bytes(of sight: Sight) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { write(sight, into: &$0) }
        return writer.bytes
    }

    /// The object of an instance.
    package static func bytes(of instance: Instance) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { write(instance, into: &$0) }
        return writer.bytes
    }

    /// Reads what somebody has written of the instance at a path. Without a status it is available; without a time it has
    /// ``unknownTime``.
    package static func instance(
        _ bytes: [UInt8], at key: InstanceKey
    ) throws(InstanceFault) -> Instance {
        guard bytes.count <= limit else { throw .tooLarge }
        let read = bytes.withUnsafeBytes { bytes -> Result<Instance, InstanceFault>? in
            guard JSONDocument.fits(bytes, maxValues: maxValues),
                let document = JSONDocument(bytes, .rejectDuplicates)
            else { return nil }
            return document.withRoot { root in
                if !root.isObject { return nil }
                return Result { () throws(InstanceFault) in
                    try InstanceReader(root).instance(at: key)
                }
            }
        }
        guard let read else {
            throw .malformed(
                #"the body is no object of JSON such as {"host":"10.0.0.7","port":8080}, "#
                    + "or has too many members, or one of them twice")
        }
        let instance = try read.get()
        if let fault = instance.fault { throw .malformed(fault) }
        return instance
    }

    /// Reads an instance that a registry has told of; nil when it is none.
    package static func instance(_ value: JSONValue, of service: String) -> Instance? {
        guard value.isObject, value["service_name"].string == service,
            let id = value["instance_id"].string
        else { return nil }
        let key = InstanceKey(service: service, id: id)
        guard let instance = try? InstanceReader(value).instance(at: key, isStrict: false) else {
            return nil
        }
        return instance.fault == nil ? instance : nil
    }
}

/// What is wrong with what was written of an instance.
package enum InstanceFault: Error, Equatable {
    /// Says what, and what to do.
    case malformed(String)
    case tooLarge

    /// What is wrong, and what to do.
    package var text: String {
        switch self {
        case .malformed(let text): text
        case .tooLarge: "an instance has at most \(InstanceDocument.limit) bytes of JSON"
        }
    }
}
