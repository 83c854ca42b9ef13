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

    /// The names of all, in order.
    private let all: [String]
    private let maker: @Sendable (String) -> Make?
    /// An option that a kind has here, unless it is given.
    private var usual: @Sendable (String) -> (option: String, value: String)? = { _ in nil }
    /// Why there are none of a kind here.
    private var refusal: @Sendable (String) -> String? = { _ in nil }

    /// The kinds of these names.
    package init(_ makers: [String: Make]) {
        self.init(makers.keys.sorted()) { makers[$0] }
    }

    private init(_ names: [String], _ maker: @escaping @Sendable (String) -> Make?) {
        (all, self.maker) = (names, maker)
    }

    /// All kinds.
    package static let all = CheckKinds(
        [
            "disk", "dns", "exec", "file", "gpu", "grpc", "heartbeat", "http",
            "llm", "memory", "postgres", "process", "queue", "redis", "rtsp", "system",
            "tcp",
        ], builtIn)

    /// A switch and no table: a check that runs once makes one of them, and no time is spent on the others.
    @Sendable private static func builtIn(_ name: String) -> Make? {
        switch name {
        case "disk": needsTarget(DiskCheck.init)
        case "dns": needsTarget(DNSCheck.init)
        case "exec": takesTarget(ExecCheck.init)
        case "file":
            needsTarget { (target, options) throws(CheckOptionError) in
                try FileCheck(target, options)
            }
        case "gpu": takesTarget(GPUCheck.init)
        case "grpc": needsTarget(GRPCCheck.init)
        case "heartbeat": takesTarget(HeartbeatCheck.init)
        case "http": needsTarget(HTTPCheck.init)
        case "llm": needsTarget(LLMCheck.init)
        case "memory":
            takesTarget { (target, options) throws(CheckOptionError) in
                try MemoryCheck(target, options)
            }
        case "postgres": needsTarget(PostgresCheck.init)
        case "process":
            needsTarget { (target, options) throws(CheckOptionError) in
                try ProcessCheck(target, options)
            }
        case "queue": takesTarget(QueueCheck.init)
        case "redis": needsTarget(RedisCheck.init)
        case "rtsp": needsTarget(RTSPCheck.init)
        case "system":
            takesTarget { (target, options) throws(CheckOptionError) in
                try SystemCheck(target, options)
            }
        case "tcp": needsTarget(TCPCheck.init)
        default: nil
        }
    }

    /// All kinds, for `healthcheck`. What asks it wants yes or no: where a kind takes one wrong answer for a service that is less
    /// well than it should be, here it has failed, unless an option says otherwise.
    package static let yesOrNo: CheckKinds = {
        var kinds = all
        kinds.usual = { name in
            switch name {
            case "http": ("wrong-status", "unhealthy")
            case "exec": ("degraded-on-1", "false")
            default: nil
            }
        }
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
        kinds.refusal = { [refusal] in $0 == name ? reason : refusal($0) }
        return kinds
    }

    /// The names, for people.
    package var names: String { all.filter { refusal($0) == nil }.joined(separator: ", ") }

    func make(
        _ name: String, _ target: String?, _ options: CheckOptions
    ) throws(CheckOptionError) -> any CheckKind {
        guard let make = maker(name) else {
            let shown = PrintableText.quoted(PrintableText.prefix(of: name, bytes: 40))
            throw CheckOptionError("kind", "\(shown) is unknown: use one of \(names)")
        }
        if let reason = refusal(name) { throw CheckOptionError(name, reason) }
        var options = options
        if let rule = usual(name) { options.add(rule.option, rule.value) }
        return try make(target, options)
    }

    /// A kind whose checks may have a target.
    private static func takesTarget<Kind: CheckKind>(
        _ make: @escaping @Sendable (String?, CheckOptions) throws(CheckOptionError) -> Kind
    ) -> Make {
        { (target, options) throws(CheckOptionError) in try make(target, options) }
    }

    /// A kind whose checks have one.
    private static func needsTarget<Kind: CheckKind>(
        _ make: @escaping @Sendable (String, CheckOptions) throws(CheckOptionError) -> Kind
    ) -> Make {
        { (target, options) throws(CheckOptionError) in
            guard let target else { throw CheckOptionError("target", "is missing") }
            return try make(target, options)
        }
    }
}
