// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo

/// What the probe was asked to do. The initial values are the defaults of the command line.
public struct ProbeOptions: Equatable, Sendable {
    /// Where the server is, as it was written; see ``ClientTarget``.
    public var address = ""
    /// The service to check; empty for the server as a whole.
    public var service = ""
    public var userAgent = "grpc_health_probe"
    /// How long all of it may take; nil for as long as its parts.
    public var timeout: Duration?
    private var ownConnectTimeout: Duration?
    private var ownRPCTimeout: Duration?
    /// Sent with the RPC, in the order given.
    public var rpcHeaders: [RPCHeader] = []

    public var usesTLS = false
    /// Takes any certificate of the server.
    public var skipsVerification = false
    /// A PEM file of the roots to trust in place of the system's; empty for those.
    public var caCertificate = ""
    /// PEM files of the probe's own certificate and key; both or neither.
    public var clientCertificate = ""
    public var clientKey = ""
    /// The name to verify and to send as SNI; empty for the address's.
    public var serverName = ""
    public var usesALTS = false
    public var usesSPIFFE = false
    /// The only SPIFFE ID that the server may have; empty for any of a trusted domain.
    public var expectedSPIFFEID = ""

    /// Compresses the request, and asks for a compressed response.
    public var usesGzip = false
    /// Checks each of these in place of ``service``.
    public var services: [String] = []
    /// Waits until the service is SERVING.
    public var watchesService = false
    /// Prints every name that the server has.
    public var listsServices = false
    /// Prints one JSON object on standard output.
    public var printsJSON = false
    public var exitProfile = ProbeExitProfile.standard
    public var isVerbose = false
    public var showsVersion = false
    /// What is not read of the command line, and why.
    var unreadHint: String?

    public init() {}

    /// How long until there is an established connection: 1 s, or as long as all of it.
    public var connectTimeout: Duration {
        get { within(ownConnectTimeout) }
        set { ownConnectTimeout = newValue }
    }

    /// How long the RPC may take: 1 s, or as long as all of it.
    public var rpcTimeout: Duration {
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
