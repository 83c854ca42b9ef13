// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import SystemIO
public import TLSWire
import Text

/// Why there is no connection (any more): the step that failed, and how.
public enum ConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The target cannot be connected to, whatever the server does.
    case target(ClientTargetError)
    /// There is no address for the name.
    case resolve(NameResolutionError)
    /// The kernel says why the address cannot be reached.
    case connect(to: String, Errno)
    /// The address did not answer.
    case connectTimedOut(to: String)
    /// A server of this machine listens, but does not accept connections.
    case backlogFull(of: String)
    /// The connection exists, but the server's SETTINGS do not come.
    case silent
    /// The server closed the connection.
    case closed
    /// The server speaks HTTP/1.1.
    case http1
    /// The server speaks another protocol; these are its first bytes.
    case notHTTP2([UInt8])
    /// The server speaks TLS, and the client does not.
    case needsTLS
    /// The TLS handshake is over, but the server's SETTINGS do not come.
    case silentInTLS
    /// The TLS handshake failed, or the server broke TLS.
    case tls(TLSFailure)
    /// The server does not go on with the handshake.
    case tlsSilent
    /// The server broke HTTP/2; `text` says how.
    case http2(text: String)
    /// A system call failed.
    case system(SystemCallError)

    /// The step and what happened, in one line that is safe to print.
    public var text: String {
        switch self {
        case .target(let error): error.text
        case .resolve(let error): "resolve: \(error.text)"
        case .connect(let address, let errno): Self.text(address, errno)
        case .connectTimedOut(let address): "connect: no answer from \(address)"
        case .backlogFull(let address): "connect: \(address) is there, but its backlog is full"
        case .silent: "HTTP/2: connected, but the server sent no SETTINGS"
        case .closed: "HTTP/2: the server closed the connection"
        case .http1: "HTTP/2: the server answered with HTTP/1.1"
        case .notHTTP2(let bytes):
            "HTTP/2: the server speaks something else than HTTP/2, it began with \""
                + PrintableText.escaped(utf8: Array(bytes.prefix(32)), limit: 128) + "\""
        case .needsTLS: "HTTP/2: the server speaks TLS"
        case .silentInTLS: "HTTP/2: connected with TLS, but the server sent no SETTINGS"
        case .tls(let failure): "TLS: \(failure.text)"
        case .tlsSilent: "TLS: connected, but the server does not answer the handshake"
        case .http2(let text): "HTTP/2: \(PrintableText.escaped(text, limit: 512))"
        case .system(let error): error.text
        }
    }

    /// The same, for `print` and logs.
    public var description: String { text }

    private static func text(_ address: String, _ errno: Errno) -> String {
        switch errno {
        case .connectionRefused: "connect: \(address) refused the connection"
        case .noSuchFile: "connect: \(address) does not exist"
        case .permissionDenied: "connect: \(address): permission denied"
        case .networkUnreachable, .hostUnreachable, .addressNotAvailable:
            "connect: \(address) is unreachable"
        default: "connect: \(address): \(errno.text)"
        }
    }

    /// How far an attempt got; of several failures, the furthest tells most.
    package var progress: Int {
        switch self {
        case .target, .resolve, .system: 0
        case .connect(_, .connectionRefused), .connect(_, .noSuchFile): 2
        case .connect: 1
        case .connectTimedOut: 3
        case .backlogFull: 4
        case .silent, .silentInTLS, .tlsSilent: 5
        case .closed: 6
        case .http1, .notHTTP2, .needsTLS, .tls, .http2: 7
        }
    }
}
