// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TLSWire

/// Why there is no connection: which step failed, and what to do about it.
public enum ProbeCause: Error, Equatable, Sendable {
    case address(ProbeTargetError)
    case resolve(NameResolutionError)
    case connect(to: String, Errno)
    /// No answer to the connection attempt.
    case connectTimedOut(to: String)
    /// The connection stands, but the server's SETTINGS do not come.
    case silent
    /// The server hung up before its SETTINGS.
    case hungUp
    case http1
    /// The server speaks TLS, and we do not.
    case tls
    /// TLS stands, but the server's SETTINGS do not come.
    case silentInTLS
    /// There is no TLS connection.
    case tlsFailed(TLSFailure)
    /// The server does not go on with the handshake.
    case tlsSilent
    /// The server broke HTTP/2; `text` says how.
    case http2(text: String)
    /// A system call of ours failed.
    case system(SystemCallError)

    /// Nothing came of it in the time that was left.
    var isTimeout: Bool {
        switch self {
        case .connectTimedOut, .silent, .silentInTLS, .tlsSilent: true
        default: false
        }
    }

    /// The step and the hint, in one line.
    public var text: String {
        switch self {
        case .address(let error): error.text
        case .resolve(let error): "resolve: \(error.text)"
        case .connect(let address, .connectionRefused):
            "connect: \(address) refused the connection: nothing listens there (yet)"
        case .connect(let address, .noSuchFile):
            "connect: \(address) does not exist: is the server running, is the path right?"
        case .connect(let address, let errno): "connect: \(address): \(errno.text)"
        case .connectTimedOut(let address):
            "connect: no answer from \(address): wrong address, a firewall, or a full backlog"
        case .silent:
            "HTTP/2: connected, but the server sent no SETTINGS: "
                + "it is stuck, or it waits for TLS (try -tls)"
        case .hungUp:
            "HTTP/2: the server closed the connection before its SETTINGS: "
                + "is this a gRPC port, does it want TLS (try -tls)?"
        case .http1: "HTTP/2: the server answered with HTTP/1.1: this is not a gRPC port"
        case .tls: "HTTP/2: the server speaks TLS: use -tls"
        case .silentInTLS:
            "HTTP/2: connected with TLS, but the server sent no SETTINGS: "
                + "it is stuck, or this is not a gRPC port"
        case .tlsFailed(let failure): Self.text(failure)
        case .tlsSilent:
            "TLS: connected, but the server does not answer the handshake: "
                + "it is stuck, or it does not speak TLS (leave -tls out)"
        case .http2(let text): "HTTP/2: \(text)"
        case .system(let error): error.text
        }
    }
}
