// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import JSONWire
import Text

/// How an instance is written: the key is `SERVICE/ID`, the value what gRPC's naming in etcd has, so that its resolvers read it:
/// `{"Op":0,"Addr":"host:port","Metadata":{…}}`. All else that is known of the instance is in `Metadata`.
enum EtcdRecord {
    /// Bytes of a value that is read: more than an instance may have.
    private static let valueLimit = 256 << 10

    static func key(_ key: InstanceKey) -> [UInt8] { prefix(key.service) + Array(key.id.utf8) }

    /// What the keys of a service begin with.
    static func prefix(_ service: String) -> [UInt8] { Array(service.utf8) + [UInt8(ascii: "/")] }

    /// Behind all keys of a service: the byte after `/`.
    static func end(_ service: String) -> [UInt8] { Array(service.utf8) + [UInt8(ascii: "0")] }

    static func value(_ instance: Instance) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("Op", 0)
            writer.set("Addr", instance.address)
            writer.object("Metadata") { writer in
                writer.set("status", instance.status.rawValue)
                writer.set("health_check_url", instance.healthCheckURL)
                writer.set("version", instance.version)
                writer.set("registration_time", instance.registrationTime)
                writer.array("tags", instance.tags)
                writer.object("metadata") { writer in
                    // In one order: a value that is the same has the same bytes.
                    for (name, value) in instance.metadata.sorted(by: { $0.key < $1.key }) {
                        writer.set(named: name, value)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// Reads what is at a key of a service; nil when it is no valid instance. What others have written has no status: such an
    /// instance is available.
    static func instance(_ service: String, key: [UInt8], value: [UInt8]) -> Instance? {
        guard let id = id(service, key), value.count <= valueLimit else { return nil }
        return value.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: 512), let document = JSONDocument(bytes)
            else { return nil }
            return document.withRoot { instance(InstanceKey(service: service, id: id), $0) }
        }
    }

    /// What follows the service in a key.
    static func id(_ service: String, _ key: [UInt8]) -> String? {
        let prefix = prefix(service)
        guard key.starts(with: prefix) else { return nil }
        return String(decoding: key[prefix.count...], as: UTF8.self)
    }

    private static func instance(_ key: InstanceKey, _ root: JSONValue) -> Instance? {
        guard root["Op"].integer ?? 0 == 0, let address = root["Addr"].string,
            let place = HostAndPort(address[...].utf8)
        else { return nil }
        let more = root["Metadata"]
        let status = more["status"].string.map { InstanceStatus(rawValue: $0) } ?? .available
        guard let status else { return nil }
        var instance = Instance(key, host: place.host, port: place.port, status: status)
        instance.healthCheckURL = more["health_check_url"].string ?? ""
        instance.version = more["version"].string ?? ""
        instance.registrationTime = Int64(more["registration_time"].integer ?? 0)
        let tags = more["tags"]
        instance.tags = (0..<tags.count).compactMap { tags[$0].string }
        for (name, value) in more["metadata"].members { instance.metadata[name] = value.string }
        return instance.fault == nil ? instance : nil
    }
}
