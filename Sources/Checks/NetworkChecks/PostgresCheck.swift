// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Flags
import Outbound
import TLSWire

/// The check of kind `postgres`: `postgres://USER[:PASSWORD]@HOST[:PORT][/DATABASE][?sslmode=MODE]`.
///
/// Options: `query`, `expect`, `slow` (1s), `password-file`, `password-env`, and those of ``CheckTLS``.
package struct PostgresCheck: NetworkCheckKind {
    private let url: TargetURL
    private let settings: PostgresPlan
    private let context: TLSContext?
    private let serverName: String

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        url = try .forCheck(target, schemes: "postgres postgresql")
        var plan = PostgresPlan()
        plan.user = url.user ?? plan.user
        plan.password = try options.takeSecret("password", inURL: url.password)
        let path = url.path.dropFirst()
        plan.database = path.isEmpty ? plan.user : String(path)
        plan.query = try options.take("query") ?? plan.query
        plan.expected = try options.take("expect")
        plan.slowAfter =
            try options.take("slow", "a duration such as 500ms") { Duration(positive: $0) }
            ?? plan.slowAfter
        plan.tlsMode = try Self.tlsMode(url)
        let tls = try CheckTLS(&options, .none)
        serverName = tls.serverName ?? url.host
        context = try Self.context(plan.tlsMode, tls)
        try options.checkEmpty()
        settings = plan
    }

    package var targetText: String { url.masked }

    package var plan: NetworkPlan {
        let target = OutboundTarget(
            .host(url.host, port: url.port ?? 5432), tls: context, serverName: serverName,
            startsInPlaintext: true)
        return NetworkPlan(of: target) { [settings] in
            PostgresSession(settings) {
                let numbers = (0..<3).map { _ in UInt64.random(in: .min ... .max) }
                return numbers.map { String($0, radix: 36) }.joined()
            }
        }
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        RefusalHold(NetworkCheck(plan, context), on: context.loop)
    }

    private static func tlsMode(_ url: TargetURL) throws(CheckOptionError) -> PostgresPlan.TLSMode {
        for name in url.names where name != "sslmode" {
            throw CheckOptionError(
                "target", "has the parameter \(name), which is unknown: use sslmode")
        }
        guard let text = url.value("sslmode") else { return .prefer }
        guard let mode = PostgresPlan.TLSMode(rawValue: text) else {
            throw CheckOptionError(
                "target", "has an unknown sslmode: use disable, prefer, require or verify-full")
        }
        return mode
    }

    /// Without a CA, `prefer` and `require` verify nothing, as in libpq.
    private static func context(
        _ mode: PostgresPlan.TLSMode, _ tls: CheckTLS
    ) throws(CheckOptionError) -> TLSContext? {
        switch mode {
        case .disable: return nil
        case .verifyFull: return try tls.makeContext()
        case .prefer, .require:
            if case .system = tls.configuration.trust {
                return try tls.makeContext(verifies: false)
            }
            return try tls.makeContext()
        }
    }
}
