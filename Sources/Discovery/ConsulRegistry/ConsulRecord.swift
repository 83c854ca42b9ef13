// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import JSONWire
import Text

/// An instance as a service of an agent, with a check that says its status, and one that says whether it lives.
enum ConsulRecord {
    /// Values of an answer at most: some 10,000 instances with all that belongs to them.
    private static let maxListValues = 2_000_000
    /// Values of what an agent says of one service at most.
    private static let maxServiceValues = 1000

    private static let reserved = "vitals-"

    /// The id of the service, which is unique at an agent.
    static func id(_ key: InstanceKey) -> String { "\(key.service):\(key.id)" }

    /// The id of the check that says the status.
    static func check(_ key: InstanceKey) -> String { "service:" + id(key) }

    /// The id of the check that passes as long as the instance is written.
    static func liveness(_ key: InstanceKey) -> String { check(key) + ":alive" }

    /// What Consul does not take of an instance; nil when it takes all.
    static func fault(of instance: Instance) -> String? {
        if let fault = instance.fault { return fault }
        if instance.metadata.count > 60 { return "Consul takes at most 60 entries of metadata" }
        for (name, value) in meta(of: instance) {
            // Of one with other characters a byte is two digits.
            if name.utf8.count > 128 {
                return
                    "Consul takes names of metadata of at most 128 bytes: '\(MetaName.decoded(name))' is longer"
            }
            if value.utf8.count > 512 { return "Consul takes values of at most 512 bytes" }
        }
        return nil
    }

    private static func meta(of instance: Instance) -> [String: String] {
        var meta: [String: String] = [:]
        for (name, value) in instance.metadata { meta[MetaName.encoded(name)] = value }
        meta[reserved + "id"] = instance.key.id
        meta[reserved + "version"] = instance.version
        meta[reserved + "health"] = instance.healthCheckURL
        meta[reserved + "registered"] = RegistrationTime.text(instance.registrationTime)
        return meta
    }

    /// The body of a registration.
    static func registration(
        of instance: Instance, timeToLive: Duration
    ) -> [UInt8] {
        let seconds = max(1, timeToLive.components.seconds)
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("ID", id(instance.key))
            writer.set("Name", instance.key.service)
            writer.array("Tags", instance.tags)
            writer.set("Address", instance.host)
            writer.set("Port", instance.port)
            writer.object("Meta") { writer in
                for (name, value) in meta(of: instance).sorted(by: { $0.key < $1.key }) {
                    writer.set(named: name, value)
                }
            }
            // One that is ready stays so while it is registered again, and its status is told only after that.
            let isReady = instance.status == .available
            writer.array("Checks", [false, true]) { writer, isLiveness in
                writer.set("CheckID", isLiveness ? liveness(instance.key) : check(instance.key))
                writer.set("Name", isLiveness ? "liveness" : "status")
                writer.set("TTL", "\(seconds)s")
                writer.set("Status", isLiveness || isReady ? "passing" : "critical")
                // Consul deregisters by how long a check has been critical, renewed or not: by that of the status an instance
                // that is not ready for long would vanish. It has a least time of one minute.
                if isLiveness {
                    writer.set("DeregisterCriticalServiceAfter", "\(max(60, seconds))s")
                }
            }
        }
        return writer.bytes
    }

    /// Whether what an agent has is the instance as it is registered; its status is in the check.
    static func matches(_ service: [UInt8], _ instance: Instance) -> Bool {
        parse(service, maxServiceValues) { root in
            let tags = root["Tags"]
            return root["Service"].string == instance.key.service
                && root["Address"].string == instance.host
                && root["Port"].integer == Int(instance.port)
                && (0..<tags.count).map { tags[$0].string ?? "" } == instance.tags
                && texts(root["Meta"]) == meta(of: instance)
        } ?? false
    }

    /// The instances of a list; nil when it is none.
    static func instances(_ body: [UInt8], of service: String) -> [Instance]? {
        parse(body, maxListValues) { root in
            guard root.isArray else { return nil }
            let all = (0..<min(root.count, InstanceLimits.instances)).compactMap {
                instance(root[$0], service)
            }
            return all.sorted { $0.key.id < $1.key.id }
        } ?? nil
    }

    private static func instance(_ entry: JSONValue, _ service: String) -> Instance? {
        let found = entry["Service"]
        var meta = texts(found["Meta"])
        guard let port = found["Port"].integer.flatMap({ UInt16(exactly: $0) }),
            let serviceID = found["ID"].string
        else { return nil }
        let own = found["Address"].string ?? ""
        // Without an address of its own it is at the node's.
        let host = own.isEmpty ? entry["Node"]["Address"].string ?? "" : own
        let key = InstanceKey(
            service: service, id: meta.removeValue(forKey: reserved + "id") ?? serviceID)
        guard let status = status(entry["Checks"], serviceID, key) else { return nil }
        var instance = Instance(key, host: host, port: port, status: status)
        let tags = found["Tags"]
        instance.tags = (0..<tags.count).compactMap { tags[$0].string }
        instance.version = meta.removeValue(forKey: reserved + "version") ?? ""
        instance.healthCheckURL = meta.removeValue(forKey: reserved + "health") ?? ""
        instance.registrationTime =
            meta.removeValue(forKey: reserved + "registered")
            .flatMap(RegistrationTime.milliseconds) ?? 0
        for (name, value) in meta { instance.metadata[MetaName.decoded(name)] = value }
        return instance.fault == nil ? instance : nil
    }

    /// The worst of the checks; nil when one of our own has not been renewed in time.
    private static func status(
        _ checks: JSONValue, _ serviceID: String, _ key: InstanceKey
    ) -> InstanceStatus? {
        var status = InstanceStatus.available
        for index in 0..<checks.count {
            let check = checks[index]
            let (id, state) = (check["CheckID"].string ?? "", check["Status"].string ?? "")
            if id == "_service_maintenance:" + serviceID || id == "_node_maintenance" {
                return .draining
            }
            if id == self.check(key) {
                let output = check["Output"].string ?? ""
                // Just registered: its status was not told yet.
                let isNew = output.isEmpty && state == "passing"
                guard let own = isNew ? .available : InstanceStatus(rawValue: output) else {
                    return nil
                }
                if own != .available { status = own }
            } else if id == liveness(key) {
                if state == "critical" { return nil }
            } else if state != "passing", state != "warning", status == .available {
                status = .unavailable
            }
        }
        return status
    }

    private static func texts(_ object: JSONValue) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in object.members { texts[name] = value.string }
        return texts
    }

    private static func parse<Value>(
        _ body: [UInt8], _ maxValues: Int, _ read: (JSONValue) -> Value
    ) -> Value? {
        body.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: maxValues) else { return nil }
            return JSONDocument(bytes)?.withRoot { read($0) }
        }
    }
}
