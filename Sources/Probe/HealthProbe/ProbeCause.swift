// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TLSWire
import Text

/// Why there is no connection: which step failed, and what to do about it.
public enum ProbeCause: Error, Equatable, Sendable {
    case address(ProbeTargetError)
    case resolve(NameResolutionError)
    case connect(to: String, Errno)
    /// No answer to the connection attempt.
    case connectTimedOut(to: String)
    /// A server of this machine listens, but does not take its connections.
    case backlogFull(of: String)
    /// The connection stands, but the server's SETTINGS do not come.
    case silent
    /// The server hung up before its SETTINGS.
    case hungUp
    case http1
    /// The server speaks something else; these are its first bytes.
    case notHTTP2([UInt8])
    /// The server speaks TLS, and we do not.
    case tls
    /// TLS stands, but the server's SETTINGS do not come.
    case silentInTLS
    /// There is no TLS connection.
    case tlsFailed(TLSFailure)
    /// The server does not go on with the handshake.
    case tlsSilent
    case alts
    /// The server broke HTTP/2; `text` says how.
    case http2(text: String)
    /// A system call of ours failed.
    case system(SystemCallError)

    /// The step and the hint, in one line.
    public var text: String {
        switch self {
        case .address(let error): error.text
        case .resolve(let error): "resolve: \(error.text)"
        case .connect(let address, .connectionRefused):
            "connect: \(address) refused the connection: nothing listens there (yet)"
        case .connect(let address, .noSuchFile):
            "connect: \(address) does not exist: is the server running, is the path right?"
        case .connect(let address, .permissionDenied):
            "connect: \(address): permission denied: run the probe as the server's user"
        case .connect(let address, .networkUnreachable),
            .connect(let address, .hostUnreachable),
            .connect(let address, .addressNotAvailable):
            "connect: \(address) is unreachable: no route to it from here; "
                + "is the address right, does this network have that address family?"
        case .connect(let address, let errno): "connect: \(address): \(errno.text)"
        case .connectTimedOut(let address):
            "connect: no answer from \(address): wrong address, a firewall that drops, or a full backlog"
        case .backlogFull(let address):
            "connect: \(address) is there, but its backlog is full: "
                + "the server is stuck and accepts no connections"
        case .silent:
            "HTTP/2: connected, but the server sent no SETTINGS: "
                + "it is stuck, or it waits for TLS (try -tls)"
        case .hungUp:
            "HTTP/2: the server closed the connection before its SETTINGS: "
                + "is this a gRPC port, does it want TLS (try -tls)?"
        case .http1:
            "HTTP/2: the server answered with HTTP/1.1: this is not a gRPC port; "
                + "use the server's gRPC port, or a proxy's that speaks HTTP/2 without TLS"
        case .notHTTP2(let bytes):
            "HTTP/2: the server speaks something else than HTTP/2, it began with \""
                + PrintableText.escaped(utf8: Array(bytes.prefix(32)), limit: 128)
                + "\": use the server's gRPC port"
        case .tls: "HTTP/2: the server speaks TLS: use -tls"
        case .silentInTLS:
            "HTTP/2: connected with TLS, but the server sent no SETTINGS: "
                + "it is stuck, or this is not a gRPC port"
        case .tlsFailed(let failure): Self.text(failure)
        case .tlsSilent:
            "TLS: connected, but the server does not answer the handshake: "
                + "it is stuck, or it does not speak TLS (leave -tls out)"
        case .alts:
            "ALTS: it only works on Google Cloud, and not in this probe: "
                + "use -tls, or a plaintext port for health"
        case .http2(let text): "HTTP/2: \(PrintableText.escaped(text, limit: 512))"
        case .system(let error): error.text
        }
    }
}

extension ProbeCause {
    /// What a server is whose first bytes are no HTTP/2; nil when they may well be.
    init?(greeting bytes: UnsafeRawBufferPointer) {
        if bytes.count >= 2, bytes[0] == 0x15, bytes[1] == 0x03 {
            self = .tls  // an alert
        } else if bytes.count >= 5, bytes.prefix(5).elementsEqual("HTTP/".utf8) {
            // What web servers say to plaintext on a port of TLS.
            let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
            self = ProbeCause.contains(text, "HTTPS") ? .tls : .http1
        } else if bytes.count >= 4, bytes[3] != 4 {
            // HTTP/2 begins with SETTINGS, frame type 4 (RFC 9113, 3.4).
            self = .notHTTP2(Array(bytes.prefix(32)))
        } else {
            return nil
        }
    }

    private static func contains(_ text: String, _ word: StaticString) -> Bool {
        let (text, count) = (Array(text.utf8), word.utf8CodeUnitCount)
        guard text.count >= count else { return false }
        return (0...text.count - count).contains { start in
            (0..<count).allSatisfy { text[start + $0] == word.utf8Start[$0] }
        }
    }

    /// How far the attempt got; of several, the furthest is the one to tell.
    var progress: Int {
        switch self {
        case .address, .resolve, .system, .alts: 0
        case .connect(_, .connectionRefused), .connect(_, .noSuchFile): 2
        case .connect: 1
        case .connectTimedOut: 3
        case .backlogFull: 4
        case .silent, .silentInTLS, .tlsSilent: 5
        case .hungUp: 6
        case .http1, .notHTTP2, .tls, .tlsFailed, .http2: 7
        }
    }
}
