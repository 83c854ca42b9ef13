// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import DNSRegistry
import DiscoverySettings
import EventLoops
import InstanceRegistry

/// Where a client finds instances: a registry as in `--register`, or DNS (``DNSTarget``), each with options after commas.
struct SourceSetting: Sendable {
    /// The source, without secrets.
    let name: String
    /// How long it keeps an instance without another write; nil where none can be written.
    let timeToLive: Duration?
    private let make: @Sendable (EventLoop) -> any RegistryStore

    /// Reads a source in one line: `URL[,option[=value]]...`.
    init(line: String) throws(CheckOptionError) {
        var (url, options) = CheckOptions.split(line)
        let scheme = url.prefix { $0 != ":" }.lowercased()
        if DNSTarget.schemes.contains(scheme) {
            let target = try DNSTarget(url, &options)
            try options.checkEmpty()
            name = target.text
            timeToLive = nil
            make = { loop in DNSStore(target, on: loop) }
            return
        }
        guard RegistrySetting.schemes.contains(scheme) else {
            throw CheckOptionError(
                "source",
                "is unknown: use one of \(RegistrySetting.schemes.map { $0 + "://" }.joined(separator: ", ")), srv:NAME, dns:NAME:PORT"
            )
        }
        let registry = try RegistrySetting(url, options)
        name = registry.name
        timeToLive = registry.timeToLive
        make = { loop in registry.makeStore(on: loop) }
    }

    /// The store of a loop.
    func makeStore(on loop: EventLoop) -> any RegistryStore { make(loop) }
}
