// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Flags
import InstanceRegistry
package import Logging
package import Registering
package import ServedRegistry
package import Settings
package import StatusBoard
import SystemIO
package import Text

/// Where a process registers itself, and what it says of itself there.
package struct RegistrationOptions: Sendable {
    /// In the order in which they were given.
    package var registries: [RegistrySetting] = []
    /// The name under which it is found; empty for the one that the program chooses.
    package var serviceName = ""
    /// Where it is found; nil for its own port at an address of this machine.
    package var advertised: HostAndPort?
    package var tags: [String] = []
    package var metadata: [MetadataEntry] = []
    /// Whether it serves a registry itself.
    package var served = ServedRegistryOptions()

    /// No registry.
    package init() {}
}

extension RegistrationOptions {
    /// What the program knows of itself.
    package struct Process {
        /// For a name that is not set.
        package var name: String
        package var id: String
        package var version: String
        /// Where it serves; a host that is nil is to be found.
        package var host: String?
        package var port: UInt16
        /// Where its health is, as a URL with these before and behind the address; nil for nowhere.
        package var health: (scheme: String, port: UInt16?, path: String)?

        /// A process that serves at a port.
        package init(name: String, id: String, version: String, host: String?, port: UInt16) {
            self.name = name
            self.id = id
            self.version = version
            self.host = host
            self.port = port
        }
    }

    /// What is wrong with them; `name` is the one that the program chooses, `port` says whether it has one.
    package func problems(name: String, hasPort: Bool) -> [SettingProblem] {
        let isKnown = advertised != nil || hasPort
        // In its own registry only where it can be found.
        if registries.isEmpty, !(served.isServed && isKnown) { return [] }
        var problems: [SettingProblem] = []
        if !isKnown {
            problems.append(
                SettingProblem(
                    "--register needs to know where the service is: set --advertise HOST:PORT",
                    about: "advertise", "register"))
        }
        let name = serviceName.isEmpty ? name : serviceName
        var process = Process(
            name: name, id: name + Self.exampleEnd, version: "1", host: "localhost", port: 1)
        process.health = ("https", nil, "/health")
        let instance = instance(of: process, "host")
        if let fault = instance.fault {
            problems.append(
                SettingProblem(
                    "the service cannot be registered: \(fault); --service-name sets its name, of at most "
                        + "\(Self.longestName) bytes, as the id has \(Self.exampleEnd.utf8.count) more",
                    about: "register", "service-name",
                    "tags", "metadata"))
            return problems
        }
        problems += registries.compactMap { registry in
            registry.fault(of: instance).map { fault in
                SettingProblem(
                    "the service cannot be registered in \(registry.name): \(fault)",
                    about: "register", "tags", "metadata")
            }
        }
        return problems
    }

    /// What is allowed, but probably a mistake; `hasOperators` says whether operators have an address.
    package func warnings(hasOperators: Bool) -> [SettingProblem] {
        served.warnings(hasOperators: hasOperators) + registries.flatMap(\.warnings)
    }

    /// What an id has behind the name.
    private static let exampleEnd = "-00000000"
    private static let longestName = InstanceLimits.nameBytes - exampleEnd.utf8.count

    /// A name under which a service can be registered, for a text that may be none: it has `-` for what a name cannot have.
    package static func validName(_ text: String) -> String {
        let bytes = text.utf8.prefix(longestName).map {
            Instance.isOfName($0) ? $0 : UInt8(ascii: "-")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The instance that the process is; `host` is for one that has none.
    func instance(of process: Process, _ host: String) -> Instance {
        let key = InstanceKey(
            service: serviceName.isEmpty ? process.name : serviceName, id: process.id)
        let host = advertised?.host ?? process.host ?? host
        var instance = Instance(
            key, host: host, port: advertised?.port ?? process.port, status: .starting)
        instance.version = process.version
        if let health = process.health {
            var place = instance
            place.port = health.port ?? instance.port
            instance.healthCheckURL = "\(health.scheme)://\(place.address)\(health.path)"
        }
        instance.tags = tags.flatMap { tags in
            tags.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        }
        for entry in metadata { instance.metadata[entry.name] = entry.value }
        instance.registrationTime = Timestamp.now().milliseconds
        return instance
    }

    /// What registers the process, also in the registry that it serves itself; nil without a registry that would take it. It has not
    /// begun.
    package func makeRegistrar(
        of process: Process, alsoIn server: RegistryServer? = nil, board: Board,
        on loop: EventLoop, logger: Logger
    ) -> Registrar? {
        let isKnown = advertised != nil || process.port > 0
        let own = server.flatMap { isKnown ? ServedRegistryOptions.place(in: $0) : nil }
        if registries.isEmpty, own == nil { return nil }
        let host = OwnAddress.find()
        let instance = instance(of: process, host ?? "127.0.0.1")
        // Settings were judged before: what is wrong now is of the process, and no later try would change it.
        func isRefused(by registry: String, _ fault: String?) -> Bool {
            guard let fault else { return false }
            logger.error(
                "not registered: the registry would never take the service",
                metadata: ["store": "\(registry)", "reason": "\(fault)"])
            return true
        }
        var places = [own].compactMap(\.self).filter { !isRefused(by: $0.name, instance.fault) }
        for registry in registries
        where !isRefused(by: registry.name, registry.fault(of: instance)) {
            places.append(registry.makePlace(on: loop))
        }
        if places.isEmpty { return nil }
        let isLocal = SocketAddress(numeric: instance.host, port: 0)?.isLoopback ?? false
        if isLocal || instance.host == "localhost" {
            logger.warning(
                "registered with an address that only this machine reaches: set --advertise",
                metadata: ["address": "\(instance.address)"])
        }
        return Registrar(instance, in: places, board: board, on: loop, logger: logger)
    }
}
