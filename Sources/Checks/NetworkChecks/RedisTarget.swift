// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import Outbound
import TLSWire

/// Where a check of Redis goes, and as whom: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
///
/// Options: `password-file`, `password-env`, and those of ``CheckTLS``.
package struct RedisTarget: Sendable {
    package let url: TargetURL
    /// How each connection begins.
    package let login: RedisLogin
    private let context: TLSContext?
    private let serverName: String

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        url = try .forCheck(target, schemes: "redis rediss")
        let path = url.path.dropFirst()
        var database: Int?
        if !path.isEmpty {
            guard let number = Int(path), number >= 0 else {
                throw CheckOptionError(
                    "target", "has a path that is not a database: use its number, such as /0")
            }
            // A connection begins with the first.
            database = number == 0 ? nil : number
        }
        login = RedisLogin(
            user: url.user?.isEmpty == true ? nil : url.user,
            password: try options.takeSecret("password", inURL: url.password),
            database: database)
        let tls = try CheckTLS(&options, .none)
        context = url.scheme == "rediss" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.host
    }

    /// Sessions over connections to it.
    package func plan(_ makeSession: @escaping () -> any CheckSession) -> NetworkPlan {
        NetworkPlan(of: place, makeSession)
    }

    /// What a loop connects to.
    package var place: OutboundTarget {
        OutboundTarget(
            .host(url.host, port: url.port ?? 6379), tls: context, serverName: serverName)
    }
}
