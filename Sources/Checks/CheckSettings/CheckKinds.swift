// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import GPUChecks
import Heartbeats
import HostChecks
import NetworkChecks
import QueueChecks
import Text

/// The kinds of checks that a program knows, by name.
package struct CheckKinds: Sendable {
    /// Makes a check of a kind from its target, nil when there is none, and its options.
    package typealias Make =
        @Sendable (_ target: String?, _ options: CheckOptions) throws(CheckOptionError) ->
        any CheckKind

    private var makers: [String: Make]
    /// An option that a kind has here, unless it is given.
    private var defaults: [String: (option: String, value: String)] = [:]
    /// Why there are none of a kind here.
    private var refusals: [String: String] = [:]

    /// The kinds of these names.
    package init(_ makers: [String: Make]) { self.makers = makers }

    /// All kinds.
    package static let all = CheckKinds([
        "disk": { (target, options) throws(CheckOptionError) in
            try DiskCheck(try required(target), options)
        },
        "dns": { (target, options) throws(CheckOptionError) in
            try DNSCheck(try required(target), options)
        },
        "exec": { (target, options) throws(CheckOptionError) in try ExecCheck(target, options) },
        "file": { (target, options) throws(CheckOptionError) in
            try FileCheck(try required(target), options)
        },
        "gpu": { (target, options) throws(CheckOptionError) in try GPUCheck(target, options) },
        "grpc": { (target, options) throws(CheckOptionError) in
            try GRPCCheck(try required(target), options)
        },
        "heartbeat": { (target, options) throws(CheckOptionError) in
            try HeartbeatCheck(target, options)
        },
        "http": { (target, options) throws(CheckOptionError) in
            try HTTPCheck(try required(target), options)
        },
        "llm": { (target, options) throws(CheckOptionError) in
            try LLMCheck(try required(target), options)
        },
        "memory": { (target, options) throws(CheckOptionError) in
            try MemoryCheck(target, options)
        },
        "postgres": { (target, options) throws(CheckOptionError) in
            try PostgresCheck(try required(target), options)
        },
        "process": { (target, options) throws(CheckOptionError) in
            try ProcessCheck(try required(target), options)
        },
        "queue": { (target, options) throws(CheckOptionError) in
            try QueueCheck(target, options)
        },
        "redis": { (target, options) throws(CheckOptionError) in
            try RedisCheck(try required(target), options)
        },
        "rtsp": { (target, options) throws(CheckOptionError) in
            try RTSPCheck(try required(target), options)
        },
        "system": { (target, options) throws(CheckOptionError) in
            try SystemCheck(target, options)
        },
        "tcp": { (target, options) throws(CheckOptionError) in
            try TCPCheck(try required(target), options)
        },
    ])

    /// All kinds, for `healthcheck`. What asks it wants yes or no: where a kind takes one wrong answer for a service that is less
    /// well than it should be, here it has failed, unless an option says otherwise.
    package static let yesOrNo: CheckKinds = {
        var kinds = all
        kinds.defaults = [
            "http": ("wrong-status", "unhealthy"), "exec": ("degraded-on-1", "false"),
        ]
        return kinds
    }()

    /// The same for checks that run once.
    package static let once = yesOrNo.refusing(
        "heartbeat",
        because:
            "cannot be reported to a check that runs once: give it to healthcheck -- COMMAND")

    /// The same kinds but for this one.
    package func refusing(_ name: String, because reason: String) -> CheckKinds {
        var kinds = self
        kinds.refusals[name] = reason
        return kinds
    }

    /// The names, for people.
    package var names: String {
        makers.keys.filter { refusals[$0] == nil }.sorted().joined(separator: ", ")
    }

    func make(
        _ name: String, _ target: String?, _ options: CheckOptions
    ) throws(CheckOptionError) -> any CheckKind {
        guard let make = makers[name] else {
            let shown = PrintableText.quoted(PrintableText.prefix(of: name, bytes: 40))
            throw CheckOptionError("kind", "\(shown) is unknown: use one of \(names)")
        }
        if let reason = refusals[name] { throw CheckOptionError(name, reason) }
        var options = options
        if let rule = defaults[name] { options.add(rule.option, rule.value) }
        return try make(target, options)
    }

    private static func required(_ target: String?) throws(CheckOptionError) -> String {
        guard let target else { throw CheckOptionError("target", "is missing") }
        return target
    }
}
