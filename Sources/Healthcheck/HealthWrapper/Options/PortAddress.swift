// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import Settings
import SystemIO
import Text

/// Where the pages and gRPC health are served: `:9091` on all interfaces, `IP:port`, or `unix:/path` of a socket.
struct PortAddress: Equatable, Sendable {
    private enum Place: Equatable, Sendable {
        case everywhere(port: UInt16)
        case one(SideAddress)
    }

    private let place: Place
    /// As it was given.
    let text: String

    /// Reads an address; nil for anything else.
    init?(_ text: String) {
        self.text = text
        if text.hasPrefix(":"), let port = HostAndPort.listenPort(text.utf8.dropFirst()) {
            place = .everywhere(port: port)
            return
        }
        guard let address = SideAddress(text) else { return nil }
        place = .one(address)
    }

    /// The port, where other machines reach it; nil elsewhere.
    var reachablePort: UInt16? {
        switch place {
        case .everywhere(let port): port > 0 ? port : nil
        case .one(let side): side.address.isLoopback ? nil : side.address.port
        }
    }

    /// The path of a Unix socket, and what keeps it.
    var side: SideAddress? { if case .one(let address) = place { address } else { nil } }

    /// Listens there. Throws when that cannot be.
    func listen() throws(SystemCallError) -> FileDescriptor {
        switch place {
        case .everywhere(let port):
            let addresses = ListenAddress.candidates(host: "", port: port) ?? []
            // A descriptor cannot be the result of a generic function.
            let raw = try ListenAddress.first(of: addresses) { address throws(SystemCallError) in
                try FileDescriptor.listener(at: address).release()
            }
            return FileDescriptor(owning: raw)
        case .one(let side):
            let raw = try side.takeOver { () throws(SystemCallError) in
                try FileDescriptor.listener(at: side.address).release()
            }
            return FileDescriptor(owning: raw)
        }
    }
}

extension SettingType where Value == PortAddress {
    static var portAddress: SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = PortAddress(text) { return address }
                throw FlagValueError("use :port, IPv4:port, [IPv6]:port or unix:/path")
            },
            print: { $0.text })
    }
}
