// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Flags
import Text

extension ProbeOptions {
    /// The command line of `grpc_health_probe`.
    package static var flags: FlagTable<ProbeOptions> {
        var flags = checkFlags
        // Added up they were moved twice, which was a fiftieth of a run.
        flags.reserveCapacity(32)
        flags += questionFlags
        flags += transportFlags
        flags += programFlags
        return FlagTable(program: "", synopsis: synopsis, wording: .go, flags: flags)
    }

    private static var synopsis: String {
        """
          grpc_health_probe -addr=ADDRESS [flags]

        Examples:
          grpc_health_probe -addr=:50051
          grpc_health_probe -addr=unix:/run/app.sock -service=readiness -timeout=800ms
          grpc_health_probe -addr=app.example:443 -tls -tls-ca-cert=ca.pem -v

        Exit codes:
          0  SERVING
          1  bad arguments, certificates or keys
          2  no connection within -connect-timeout
          3  the RPC failed: an unknown name, no health service, no answer in time
          4  an answer, but not SERVING
          20 no SPIFFE credentials

        Flags:

        """
    }

    private static var checkFlags: [Flag<ProbeOptions>] {
        let defaults = ProbeOptions()
        return [
            .string(
                "addr",
                "address of the server: host:port, :port, [::1]:port, unix:PATH, dns:///host:port "
                    + "(required)"
            ) { $0.address = $1 },
            .string("service", "name of the service to check; without it, the server as a whole") {
                $0.service = $1
            },
            .value(
                "user-agent", word: "string",
                default: .quoted(defaults.userAgent), "user-agent header of the RPC",
                apply: { (options, text) throws(FlagValueError) in
                    let text = text.trimmingWhiteSpace
                    guard RPCHeader.isText(text) else {
                        throw FlagValueError("use text without control characters")
                    }
                    options.userAgent = text
                }),
            .duration(
                "connect-timeout", default: defaults.connectTimeout,
                "time until the connection has to be established"
            ) { $0.connectTimeout = $1 },
            .duration(
                "rpc-timeout", default: defaults.rpcTimeout, "time that the health RPC may take"
            ) { $0.rpcTimeout = $1 },
            .value(
                "rpc-header", "header to send with the RPC, as 'name: value'; may be given again",
                apply: { (options, text) throws(FlagValueError) in
                    options.rpcHeaders.append(try RPCHeader(text))
                }),
            .boolean("gzip", "use gzip for the request and ask for it in the response") {
                $0.usesGzip = $1
            },
        ]
    }

    /// What upstream does not have.
    private static var questionFlags: [Flag<ProbeOptions>] {
        [
            .value(
                "services", word: "names",
                "names to check at once, as a,b,c; the worst status decides",
                apply: { (options, text) throws(FlagValueError) in
                    options.services = try ProbeOptions.names(text)
                }),
            .duration("timeout", "time that all of it may take, however it is divided") {
                $0.timeout = $1
            },
            .boolean("watch", "wait until the service is SERVING, for -rpc-timeout at most") {
                $0.watchesService = $1
            },
            .boolean("list", "print the status of every name that the server has") {
                $0.listsServices = $1
            },
            .boolean("json", "print one JSON object on standard output") {
                $0.output.printsJSON = $1
            },
            .value(
                "exit-profile", word: "name", default: "\"standard\"",
                "exit codes: standard, or docker for 0 and 1 only",
                apply: { (options, text) throws(FlagValueError) in
                    switch text {
                    case "standard": options.output.exitProfile = .standard
                    case "docker": options.output.exitProfile = .docker
                    default: throw FlagValueError("use standard or docker")
                    }
                }),
        ]
    }

    /// Names with commas between them; an empty one is the server as a whole.
    private static func names(_ text: String) throws(FlagValueError) -> [String] {
        let names = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard names.count <= 64 else { throw FlagValueError("use at most 64 names") }
        return names.map { String(Substring($0)) }
    }

    private static var transportFlags: [Flag<ProbeOptions>] {
        [
            .boolean("tls", "connect with TLS") { $0.transport.usesTLS = $1 },
            .boolean("tls-no-verify", "with -tls: accept any certificate (insecure)") {
                $0.transport.skipsVerification = $1
            },
            .string(
                "tls-ca-cert",
                "with -tls: PEM file of the certificates to trust, in place of the system's"
            ) { $0.transport.caCertificate = $1 },
            .string(
                "tls-client-cert",
                "with -tls: PEM file of the client's certificate (needs -tls-client-key)"
            ) { $0.transport.clientCertificate = $1 },
            .string(
                "tls-client-key",
                "with -tls: PEM file of the client's key (needs -tls-client-cert)"
            ) { $0.transport.clientKey = $1 },
            .string(
                "tls-server-name", "with -tls: name that the server's certificate has to be for"
            ) { $0.transport.serverName = $1 },
            .boolean("alts", "connect with Google's ALTS (only on Google Cloud)") {
                $0.transport.usesALTS = $1
            },
            .boolean(
                "spiffe", "connect with mutual TLS and an identity from the SPIFFE Workload API"
            ) { $0.transport.usesSPIFFE = $1 },
            .string(
                "expected-spiffe-id", "with -spiffe: the only SPIFFE ID that the server may have"
            ) { $0.transport.expectedSPIFFEID = $1 },
        ]
    }

    private static var programFlags: [Flag<ProbeOptions>] {
        [
            .boolean("v", "say what is being done") { $0.output.isVerbose = $1 },
            .boolean("version", "print the version and exit") { $0.showsVersion = $1 },
        ]
    }
}
