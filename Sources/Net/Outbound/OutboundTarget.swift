// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
package import TLSWire

/// What a loop connects to.
package struct OutboundTarget: Sendable {
    /// Where it is.
    package enum Place: Sendable {
        /// A name or a numeric address, without brackets.
        case host(String, port: UInt16)
        /// A service of DNS (`_grpc._tcp.name`). `server` is the only one that is asked, where one is given: an address, with or
        /// without a port.
        case service(String, server: String?)
        /// A Unix socket.
        case unix(SocketAddress)
    }

    package let place: Place
    /// For TLS; nil for plaintext.
    package let tls: TLSContext?
    /// The name that the peer's certificate has to have.
    package let serverName: String
    /// The connection begins in plaintext; TLS is for ``OutboundConnection/startTLS(_:)``.
    package let startsInPlaintext: Bool

    /// A target.
    package init(
        _ place: Place, tls: TLSContext? = nil, serverName: String = "",
        startsInPlaintext: Bool = false
    ) {
        self.place = place
        self.tls = tls
        self.serverName = serverName
        self.startsInPlaintext = startsInPlaintext
    }

    /// The name that has to be resolved first; nil for an address.
    package var unresolvedName: String? {
        switch place {
        case .host(let host, let port):
            NumericHost.destinations(host, port: port) == nil ? host : nil
        case .service(let name, _): name
        case .unix: nil
        }
    }

    /// A session of TLS with the target; nil for plaintext.
    func session() throws(OutboundFailure) -> TLSSession? {
        guard let tls else { return nil }
        do throws(TLSFailure) {
            return try .client(tls, serverName: serverName)
        } catch {
            throw .unreachable(reason: "TLS: \(error.text)")
        }
    }
}

extension OutboundTarget.Place {
    /// The address, where there is one and nothing has to be resolved.
    var onlyAddress: SocketAddress? {
        switch self {
        case .unix(let address): address
        case .host(let host, let port): NumericHost.destination(host, port: port)
        case .service: nil
        }
    }

    /// The addresses, in the order to try them. Blocks the calling thread, until `deadline` at most.
    func addresses(until deadline: MonotonicTime) throws(OutboundFailure) -> [SocketAddress] {
        do throws(NameResolutionError) {
            switch self {
            case .unix(let address): return [address]
            case .host(let host, let port):
                return try NameResolver.resolve(host, port: port, deadline: deadline)
            case .service(let name, let server):
                return try NameResolver.serviceAddresses(name, at: server, deadline: deadline)
            }
        } catch {
            throw .unreachable(reason: reason(error))
        }
    }

    private func reason(_ error: NameResolutionError) -> String {
        guard case .service(let name, let server) = self else { return error.text }
        let asked = server.map { "the name server \($0)" } ?? "DNS"
        return switch error {
        case .notFound(let host) where host == name:
            "\(asked) has no SRV record of \(name): is the name right?"
        case .timedOut: "\(asked) gave no answer in time for \(name)"
        default: error.text
        }
    }
}
