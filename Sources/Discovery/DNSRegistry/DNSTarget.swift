// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import InstanceRegistry
import Text

/// Where DNS has the instances of services: `srv:NAME` for records of SRV, `dns:NAME:PORT` for addresses that all have one port.
/// A `*` in a name stands for the service.
///
/// Options: `server` (an address, or one with a port, in place of this machine's resolver).
package struct DNSTarget: Sendable {
    /// Which records have the instances.
    package enum Records: Equatable, Sendable {
        /// Those of SRV have host and port of each.
        case services
        /// Those of A and AAAA have the addresses; the port is the same for all.
        case addresses(port: UInt16)
    }

    package let records: Records
    /// The name that is asked for, in which `*` stands for the service.
    package let pattern: String
    /// Who is asked; nil for this machine's resolver.
    package let server: String?

    /// The schemes of such targets.
    package static let schemes = ["dns", "srv"]

    /// Reads a target, and takes the options that it knows.
    package init(_ text: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        let scheme = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        let rest = text.utf8.dropFirst(scheme.count + 1)
        switch String(Substring(scheme)) {
        case "srv":
            (records, pattern) = (.services, String(Substring(rest)))
        case "dns":
            guard let place = HostAndPort(rest) else {
                throw CheckOptionError(
                    "source", "is no dns:NAME:PORT, such as dns:*.internal:50051")
            }
            (records, pattern) = (.addresses(port: place.port), place.host)
        default:
            throw CheckOptionError("source", "is no srv:NAME or dns:NAME:PORT")
        }
        guard Self.isPattern(pattern) else {
            throw CheckOptionError(
                "source", "has no name of DNS: use one such as srv:_grpc._tcp.*.example.org")
        }
        server = try options.takeNameServer("server")
    }

    /// As it is read.
    package var text: String {
        switch records {
        case .services: "srv:\(pattern)"
        case .addresses(let port): "dns:\(pattern):\(port)"
        }
    }

    /// The name of a service in DNS.
    func name(of service: String) -> String {
        var name: [UInt8] = []
        for byte in pattern.utf8 {
            if byte == UInt8(ascii: "*") { name += service.utf8 } else { name.append(byte) }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isPattern(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { Instance.isOfName($0) || $0 == UInt8(ascii: "*") }
    }
}
