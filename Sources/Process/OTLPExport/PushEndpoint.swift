// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import Text

/// The endpoint of a collector that speaks OTLP/gRPC: a URL with http or https, or an address as gRPC has it.
struct PushEndpoint {
    let target: ClientTarget
    let isSecure: Bool

    /// Why a text is no endpoint. It has no secret in it.
    struct Failure: Error {
        let text: String
    }

    /// OTLP/gRPC's own port, for https, too.
    private static let defaultPort = ":4317"

    /// Reads an endpoint. The path of a URL has no meaning to gRPC. Without a scheme, TLS is used unless `isInsecure`.
    init(_ text: String, isInsecure: Bool) throws(Failure) {
        // Not printed: what stands before it is a name and a password.
        if text.utf8.contains(UInt8(ascii: "@")) {
            throw Failure(text: "it has a user; put credentials into OTEL_EXPORTER_OTLP_HEADERS")
        }
        let address: String
        if let rest = Self.rest(of: text, after: "https://") {
            (isSecure, address) = (true, Self.withPort(Self.authority(rest)))
        } else if let rest = Self.rest(of: text, after: "http://") {
            (isSecure, address) = (false, Self.withPort(Self.authority(rest)))
        } else {
            isSecure = !isInsecure
            let schemes = ["unix:", "unix-abstract:", "dns:", "passthrough:"]
            let hasScheme = schemes.contains { Self.rest(of: text, after: $0) != nil }
            // The target refuses other schemes.
            let isBare = !hasScheme && !text.utf8.contains(UInt8(ascii: "/"))
            address = isBare ? Self.withPort(text) : text
        }
        do throws(ClientTargetError) {
            target = try ClientTarget(address)
        } catch {
            throw Failure(text: error.text)
        }
    }

    private static func rest(of text: String, after scheme: String) -> String? {
        let start = text.utf8.prefix(scheme.utf8.count)
        guard start.elementsEqual(scheme.utf8, by: { $0.lowercased == $1 }) else { return nil }
        return String(Substring(text.utf8.dropFirst(scheme.utf8.count)))
    }

    private static func authority(_ text: String) -> String {
        String(Substring(text.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }))
    }

    /// With OTLP's port where there is none.
    private static func withPort(_ authority: String) -> String {
        let afterHost = authority.utf8.drop { $0 != UInt8(ascii: "]") }
        let rest = afterHost.isEmpty ? authority.utf8[...] : afterHost
        let hasPort = rest.contains(UInt8(ascii: ":"))
        return hasPort || authority.isEmpty ? authority : authority + defaultPort
    }
}
