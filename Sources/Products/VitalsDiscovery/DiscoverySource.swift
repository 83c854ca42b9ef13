// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import DiscoverySettings
import EventLoops
import InstanceRegistry
import LocalRegistry

/// Where instances are found: a registry, DNS, or a list that does not change.
///
/// ```swift
/// let registry = try DiscoverySource("redis://127.0.0.1,password-file=/run/secrets/redis")
/// let consul = try DiscoverySource("srv:*.service.consul,server=127.0.0.1:8600")
/// ```
public struct DiscoverySource: CustomStringConvertible, Sendable {
    /// The source, without secrets.
    public let description: String
    /// How long an instance that registers itself lives without another write; nil where none can.
    let timeToLive: Duration?
    let makeStore: @Sendable (EventLoop) -> any RegistryStore
    /// Instances that are there from the start.
    let instances: [ServiceInstance]

    /// Reads a source in one line: `redis://`, `etcd://` or `consul://` as `--register` takes them, `srv:NAME` for records of SRV,
    /// `dns:NAME:PORT` for addresses, `memory:` for a registry within one ``Discovery``; then options with commas between them, as
    /// `docs/discovery.md` describes them.
    public init(_ line: String) throws(DiscoveryError) {
        if line == "memory:" {
            self.init("memory:", [])
            return
        }
        do throws(CheckOptionError) {
            let setting = try SourceSetting(line: line)
            self.init(setting.name, setting.timeToLive, []) { setting.makeStore(on: $0) }
        } catch {
            throw DiscoveryError(error.text)
        }
    }

    /// These instances and no others. Their health is followed as that of others.
    public static func fixed(_ instances: [ServiceInstance]) -> DiscoverySource {
        DiscoverySource("a fixed list", instances)
    }

    /// What is wrong with it; nil when nothing is.
    var fault: String? { instances.lazy.compactMap(\.instance.fault).first }

    /// A registry of a ``Discovery``'s own.
    private init(_ description: String, _ instances: [ServiceInstance]) {
        self.init(description, MemoryStore.timeToLive, instances) { loop in
            let directory = InstanceDirectory(on: loop)
            for one in instances {
                // They were judged when the Discovery was made, and stay for as long as it does.
                try? directory.put(one.instance, timeToLive: .seconds(3_000_000_000))
            }
            return MemoryStore(of: directory)
        }
    }

    private init(
        _ description: String, _ timeToLive: Duration?, _ instances: [ServiceInstance],
        _ makeStore: @escaping @Sendable (EventLoop) -> any RegistryStore
    ) {
        self.description = description
        self.timeToLive = timeToLive
        self.instances = instances
        self.makeStore = makeStore
    }
}
