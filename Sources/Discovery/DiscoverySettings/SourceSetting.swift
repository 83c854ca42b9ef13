// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import DNSRegistry
package import EventLoops
package import InstanceRegistry

/// Where a client finds instances: a registry as in `--register`, or DNS (``DNSTarget``), each with options after commas.
package struct SourceSetting: Sendable {
    /// The source, without secrets.
    package let name: String
    /// How long it keeps an instance without another write; nil where none can be written.
    package let timeToLive: Duration?
    private let make: @Sendable (EventLoop) -> any RegistryStore

    /// Reads a source in one line: `URL[,option[=value]]...`.
    package init(line: String) throws(CheckOptionError) {
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
        guard RegistryKinds.knows(scheme) else {
            throw CheckOptionError(
                "source", "is unknown: use one of \(RegistryKinds.names), srv:NAME, dns:NAME:PORT")
        }
        let registry = try RegistrySetting(url, options)
        name = registry.name
        timeToLive = registry.timeToLive
        make = { loop in registry.makeStore(on: loop) }
    }

    /// The store of a loop.
    package func makeStore(on loop: EventLoop) -> any RegistryStore { make(loop) }
}

extension CheckOptions {
    /// A line of `URL[,option[=value]]...` in its parts.
    static func split(_ line: String) -> (url: String, options: CheckOptions) {
        let parts = line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { Array($0) }
        var fields: [String: [String]] = [:]
        for part in parts.dropFirst() where !part.isEmpty {
            let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = part[end...].dropFirst()
            fields[String(decoding: part[..<end], as: UTF8.self), default: []].append(
                String(decoding: value, as: UTF8.self))
        }
        return (String(decoding: parts.first ?? [], as: UTF8.self), CheckOptions(fields))
    }
}
