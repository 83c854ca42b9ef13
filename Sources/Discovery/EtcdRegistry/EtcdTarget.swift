// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import NetworkChecks
import TLSWire
import Text

/// Where a cluster of etcd is, and as whom: `etcd://[USER[:PASSWORD]@]HOST[:PORT]`, or `etcds://` for TLS.
///
/// Options: `member=HOST[:PORT]` for each other member, `password-file`, `password-env`, and those of ``NetworkChecks/CheckTLS``.
package struct EtcdTarget: Sendable {
    package let url: TargetURL
    package let settings: EtcdSettings

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        do throws(TargetURLError) {
            url = try TargetURL(target, schemes: "etcd etcds")
        } catch {
            throw CheckOptionError("url", error.text)
        }
        guard url.path.isEmpty || url.path == "/", url.query == nil else {
            throw CheckOptionError("url", "has more than HOST:PORT: give other members by member")
        }
        var settings = EtcdSettings([
            HostAndPort(host: url.host, port: url.port ?? EtcdSettings.defaultPort)
        ])
        for text in options.takeAll("member") {
            guard let members = EtcdSettings.endpoints(text) else {
                throw CheckOptionError("member", "is no HOST or HOST:PORT")
            }
            settings.endpoints += members
        }
        guard settings.endpoints.count <= EtcdSettings.endpointLimit else {
            throw CheckOptionError(
                "member", "is given too often: \(EtcdSettings.endpointLimit - 1) at most")
        }
        let password = try options.takeSecret("password", inURL: url.password)
        settings.user = url.user ?? ""
        settings.password = password ?? ""
        if settings.user.isEmpty, password != nil {
            throw CheckOptionError("password-file", "needs a user: etcd://USER@HOST")
        }
        let tls = try CheckTLS(&options, .http2)
        settings.tls = url.scheme == "etcds" ? try tls.makeContext() : nil
        settings.serverName = tls.serverName ?? ""
        self.settings = settings
    }
}
