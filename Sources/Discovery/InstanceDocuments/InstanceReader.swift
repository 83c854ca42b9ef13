// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import JSONWire
import Text

/// Reads the members of an object that is an instance.
struct InstanceReader {
    private let root: JSONValue

    /// Members that a registry adds: what it has given can be written back.
    private static let added: Set<String> = ["last_health_check", "consecutive_failures"]
    private static let known: Set<String> = [
        "service_name", "instance_id", "host", "port", "health_check_url", "metadata", "status",
        "registration_time", "version", "tags",
    ]

    init(_ root: JSONValue) { self.root = root }

    /// The instance; a strict reader finds fault with members that it does not know, and with other names than those of `key`.
    func instance(
        at key: InstanceKey, isStrict: Bool = true
    ) throws(InstanceFault) -> Instance {
        if isStrict { try checkMembers(key) }
        guard let port = root["port"].integer.flatMap({ UInt16(exactly: $0) }), port > 0 else {
            throw .malformed("port is no number from 1 to 65535")
        }
        guard let host = try text("host"), !host.isEmpty else {
            throw .malformed("host is missing: the name or address where the instance serves")
        }
        var instance = Instance(key, host: host, port: port, status: try status())
        instance.healthCheckURL = try text("health_check_url") ?? ""
        instance.version = try text("version") ?? ""
        instance.tags = try tags()
        instance.metadata = try metadata()
        instance.registrationTime = isStrict ? InstanceDocument.unknownTime : 0
        if let time = try text("registration_time") {
            // An instance of a list is worth more than its time.
            guard let milliseconds = RegistrationTime.milliseconds(time) ?? (isStrict ? nil : 0)
            else {
                throw .malformed("registration_time is no time such as 2026-11-21T09:30:00.125Z")
            }
            instance.registrationTime = milliseconds
        }
        return instance
    }

    private func checkMembers(_ key: InstanceKey) throws(InstanceFault) {
        for (name, _) in root.members
        where !Self.known.contains(name) && !Self.added.contains(name) {
            let shown = PrintableText.quoted(PrintableText.prefix(of: name, bytes: 40))
            throw .malformed(
                "\(shown) is no member of an instance: use \(Self.known.sorted().joined(separator: ", "))"
            )
        }
        for (member, expected) in [("service_name", key.service), ("instance_id", key.id)] {
            if let found = try text(member), found != expected {
                throw .malformed("\(member) is another one than that of the path")
            }
        }
    }

    private func status() throws(InstanceFault) -> InstanceStatus {
        guard let word = try text("status") else { return .available }
        guard let status = InstanceStatus(rawValue: word) else {
            let words = InstanceStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw .malformed("the status is none of \(words)")
        }
        return status
    }

    /// Nil where there is none, or null.
    private func text(_ member: String) throws(InstanceFault) -> String? {
        let value = root[member]
        if value.isNothing { return nil }
        guard let text = value.string else { throw .malformed("\(member) is no text") }
        return text
    }

    private func tags() throws(InstanceFault) -> [String] {
        let value = root["tags"]
        if value.isNothing { return [] }
        guard value.isArray else { throw .malformed("tags is no array of texts") }
        var tags: [String] = []
        for index in 0..<value.count {
            guard let tag = value[index].string else {
                throw .malformed("tags is no array of texts")
            }
            tags.append(tag)
        }
        return tags
    }

    private func metadata() throws(InstanceFault) -> [String: String] {
        let value = root["metadata"]
        if value.isNothing { return [:] }
        guard value.isObject else { throw .malformed("metadata is no object of texts") }
        var metadata: [String: String] = [:]
        for (name, entry) in value.members {
            guard let text = entry.string else {
                throw .malformed("metadata is no object of texts")
            }
            metadata[name] = text
        }
        return metadata
    }
}
