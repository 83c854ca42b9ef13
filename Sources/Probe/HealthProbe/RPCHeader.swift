// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Flags
import Text

/// One header of `-rpc-header`: custom metadata of the RPC.
package struct RPCHeader: Equatable, Sendable {
    /// In lower case, as HTTP/2 wants it.
    package let name: String
    /// Printable ASCII; any text when the name ends in `-bin`, where the driver sends it in base64.
    package let value: String

    /// Reads `name: value`; white space around the value goes.
    ///
    /// A name or a value that no gRPC library would send is refused here, before anything is
    /// connected.
    package init(_ text: String) throws(FlagValueError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw FlagValueError(
                "invalid RPC header, expected 'key: value', got \(PrintableText.quoted(text))")
        }
        let given = String(text[..<colon])
        let afterColon = text.utf8[colon...].dropFirst()
        let name = String(decoding: given.utf8.map { $0.lowercased }, as: UTF8.self)
        let value = String(Substring(afterColon)).trimmingWhiteSpace
        guard !name.isEmpty, name.utf8.allSatisfy({ $0.isNameByte }) else {
            throw FlagValueError(
                "invalid RPC header name \(PrintableText.quoted(given)), "
                    + "use letters, digits, '-', '_' and '.'")
        }
        let isBinary = Array(name.utf8.suffix(4)) == Array("-bin".utf8)
        guard isBinary || value.utf8.allSatisfy({ $0.isPrintable }) else {
            throw FlagValueError(
                "invalid RPC header value \(PrintableText.quoted(value)), "
                    + "use printable ASCII, or a name that ends in -bin")
        }
        self.name = name
        self.value = value
    }

    /// Whether the name belongs to the protocol: gRPC libraries do not send such a header of the
    /// caller.
    package var isReserved: Bool {
        switch name {
        case "content-type", "user-agent", "te", "grpc-message-type", "grpc-encoding",
            "grpc-message", "grpc-status", "grpc-timeout":
            true
        default: false
        }
    }

    /// What a field of HTTP may hold (RFC 9110, 5.5): no control characters.
    static func isText(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }
    }
}
