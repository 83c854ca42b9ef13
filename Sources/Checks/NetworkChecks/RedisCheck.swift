// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Flags
import Outbound
import SystemIO
import TLSWire

/// The check of kind `redis`: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
///
/// Options: `write` (true), `slow` (100ms), `password-file`, `password-env`, and those of ``CheckTLS``.
package struct RedisCheck: NetworkCheckKind {
    private let url: TargetURL
    private let settings: RedisPlan
    private let context: TLSContext?
    private let serverName: String

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        url = try .forCheck(target, schemes: ["redis", "rediss"])
        var plan = RedisPlan()
        plan.user = url.user?.isEmpty == true ? nil : url.user
        plan.password = try CheckSecret.take(&options, url: url)
        let path = url.path.dropFirst()
        if !path.isEmpty {
            guard let database = Int(path), database >= 0 else {
                throw CheckOptionError("target", "has a path that is no number of a database")
            }
            plan.database = database
        }
        plan.writes = try options.takeSwitch("write") ?? true
        let slow = try options.take("slow", "a duration such as 100ms") { Duration(goText: $0) }
        plan.slowAfter = slow ?? plan.slowAfter
        let tls = try CheckTLS(&options, .none)
        context = url.scheme == "rediss" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.host
        try options.checkEmpty()
        settings = plan
    }

    package var targetText: String { url.masked }

    package var plan: NetworkPlan {
        let target = OutboundTarget(
            .host(url.host, port: url.port ?? 6379), tls: context, serverName: serverName)
        return NetworkPlan(of: target) {
            [settings] in
            RedisSession(settings) {
                // No other host, process or run has the same.
                let number = UInt64.random(in: .min ... .max)
                return "vitals:check:" + String(number, radix: 16)
            }
        }
    }
}
