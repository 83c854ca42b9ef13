// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import JSONWire
import RedisWire
import Text

/// An instance as the fields of a hash.
enum RedisRecord {
    /// Values of a metadata or of tags at most: more belong to no instance.
    private static let maxValues = 512

    /// The fields of an instance by name.
    static func fields(of instance: Instance) -> [String: String] {
        [
            "service_name": instance.key.service, "instance_id": instance.key.id,
            "host": instance.host, "port": String(instance.port),
            "health_check_url": instance.healthCheckURL,
            "metadata": metadata(instance.metadata), "tags": tags(instance.tags),
            "status": instance.status.rawValue,
            "registration_time": RegistrationTime.text(instance.registrationTime),
            "version": instance.version,
        ]
    }

    /// The instance that a hash tells of; nil when there is something wrong with it, such as no host.
    static func instance(_ key: InstanceKey, _ fields: [String: String]) -> Instance? {
        guard let host = fields["host"], let port = fields["port"].flatMap({ UInt16($0) }),
            let status = fields["status"].flatMap({ InstanceStatus(rawValue: $0.lowercased()) })
        else { return nil }
        var instance = Instance(key, host: host, port: port, status: status)
        instance.healthCheckURL = fields["health_check_url"] ?? ""
        instance.version = fields["version"] ?? ""
        instance.registrationTime =
            fields["registration_time"].flatMap(RegistrationTime.milliseconds) ?? 0
        read(fields["metadata"] ?? "") { value in
            for (name, value) in value.members {
                // What is no text, such as a number, is left out.
                if let text = value.string { instance.metadata[name] = text }
            }
        }
        read(fields["tags"] ?? "") { value in
            instance.tags = (0..<value.count).compactMap { value[$0].string }
        }
        return instance.fault == nil ? instance : nil
    }

    /// The fields that a reply has; empty when there is no such hash.
    static func fields(in reply: RedisValue) -> [String: String] {
        var fields: [String: String] = [:]
        switch reply {
        case .map(let pairs):
            for (name, value) in pairs {
                if let name = name.string, let value = value.string { fields[name] = value }
            }
        case .array(let values?):
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                if let name = values[index].string, let value = values[index + 1].string {
                    fields[name] = value
                }
            }
        default: break
        }
        return fields
    }

    private static func metadata(_ metadata: [String: String]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
                writer.set(named: name, value)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func tags(_ tags: [String]) -> String {
        "[" + tags.map { PrintableText.quoted($0, .json) }.joined(separator: ",") + "]"
    }

    private static func read(_ text: String, _ body: (JSONValue) -> Void) {
        var text = text
        text.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard JSONDocument.fits(bytes, maxValues: maxValues) else { return }
            JSONDocument(bytes)?.withRoot { body($0) }
        }
    }
}
