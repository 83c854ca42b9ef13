// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import CheckScheduling
import HTTP1Wire
package import NetworkChecks
import Outbound
import TLSWire

/// Where an agent of Consul is: `consul://HOST[:PORT]`, or `consuls://` for TLS.
///
/// Options: `token-file`, `token-env`, and those of ``NetworkChecks/CheckTLS``.
package struct ConsulTarget: Sendable {
    package let url: TargetURL
    let writer: HTTP1RequestWriter
    let place: OutboundTarget

    private static let port: UInt16 = 8500

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        do throws(TargetURLError) {
            url = try TargetURL(target, schemes: "consul consuls")
        } catch {
            throw CheckOptionError("url", error.text)
        }
        guard url.path.isEmpty || url.path == "/", url.query == nil, url.user == nil else {
            throw CheckOptionError("url", "has more than HOST:PORT: give a token by token-file")
        }
        let tls = try CheckTLS(&options, .http1)
        place = OutboundTarget(
            .host(url.host, port: url.port ?? Self.port),
            tls: url.scheme == "consuls" ? try tls.makeContext() : nil,
            serverName: tls.serverName ?? url.host)
        guard var writer = HTTP1RequestWriter(host: url.authority(defaultPort: 80)),
            writer.add("user-agent", "vitals/" + Vitals.version), writer.add("connection", "close")
        else { throw CheckOptionError("url", "has a host that HTTP cannot name") }
        if let token = try options.takeSecret("token"), !writer.add("x-consul-token", token) {
            throw CheckOptionError("token-file", "has a control character")
        }
        self.writer = writer
    }
}
