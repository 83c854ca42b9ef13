// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo

/// What the probe was asked to do. The initial values are the defaults of the command line.
package struct ProbeOptions: Equatable, Sendable {
    /// Where the server is, as it was written; see ``ClientTarget``.
    package var address = ""
    /// The service to check; empty for the server as a whole.
    package var service = ""
    package var userAgent = "grpc_health_probe"
    /// How long all of it may take; nil for as long as its parts.
    package var timeout: Duration?
    private var ownConnectTimeout: Duration?
    private var ownRPCTimeout: Duration?
    /// Sent with the RPC, in the order given.
    package var rpcHeaders: [RPCHeader] = []

    /// How the connection is protected.
    package var transport = ProbeTransport()

    /// Compresses the request, and asks for a compressed response.
    package var usesGzip = false
    /// Checks each of these in place of ``service``.
    package var services: [String] = []
    /// Waits until the service is SERVING.
    package var watchesService = false
    /// Prints every name that the server has.
    package var listsServices = false
    /// What is told, and how.
    package var output = ProbeOutput()
    package var showsVersion = false
    /// What is not read of the command line, and why.
    var unreadHint: String?

    package init() {}

    /// How long until there is an established connection: 1 s, or as long as all of it.
    package var connectTimeout: Duration {
        get { within(ownConnectTimeout) }
        set { ownConnectTimeout = newValue }
    }

    /// How long the RPC may take: 1 s, or as long as all of it.
    package var rpcTimeout: Duration {
        get { within(ownRPCTimeout) }
        set { ownRPCTimeout = newValue }
    }

    private func within(_ own: Duration?) -> Duration {
        guard let timeout else { return own ?? .seconds(1) }
        return min(own ?? timeout, timeout)
    }

    /// The `user-agent` header.
    var wholeUserAgent: String {
        (userAgent.isEmpty ? "" : userAgent + " ") + "vitals/\(Vitals.version)"
    }
}
