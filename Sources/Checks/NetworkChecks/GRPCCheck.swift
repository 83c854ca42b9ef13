// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import CheckScheduling
import GRPCClient
import Outbound
import TLSWire

/// The check of kind `grpc`: `HOST:PORT[/NAME]`, `grpc://HOST:PORT[/NAME]`, or `grpcs://` for TLS. The server says SERVING for
/// the health name; without a name it is asked as a whole. `srv:_grpc._tcp.NAME[/NAME]`, also with `grpc+srv://` or `grpcs+srv://`:
/// the first place of a service of DNS that can be reached.
///
/// Options: `watch` (false), `dns-server` of a service, and those of ``CheckTLS``.
package struct GRPCCheck: NetworkCheckKind {
    private let url: TargetURL
    private let service: String
    private let place: OutboundTarget.Place
    private let context: TLSContext?
    private let serverName: String
    private let watches: Bool

    /// Reads the target and the options of TLS.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        let hasScheme = ["grpc", "grpcs"].contains {
            target.hasPrefix($0 + "://") || target.hasPrefix($0 + "+srv://")
        }
        url = try .forCheck(
            hasScheme ? target : TargetURL.completed(target, scheme: "grpc"),
            schemes: "grpc grpcs", takesServices: true)
        guard let place = try url.takePlace(&options) else {
            throw CheckOptionError("target", "has no port: use HOST:PORT or HOST:PORT/NAME")
        }
        self.place = place
        service = String(url.path.dropFirst())
        let tls = try CheckTLS(&options, .http2)
        context = url.scheme == "grpcs" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.serverName
        watches = try options.takeFlag("watch")
        try options.checkEmpty()
    }

    package var targetText: String { url.masked }

    package var plan: NetworkPlan {
        let target = OutboundTarget(place, tls: context, serverName: serverName)
        var configuration = ClientConfiguration(
            authority: url.authority(defaultPort: 0), tls: context)
        configuration.userAgent = "vitals/" + Vitals.version
        return NetworkPlan(of: target) { [service, watches] in
            if watches { return GRPCWatchSession(service, configuration) }
            return GRPCSession(service, configuration)
        }
    }
}
