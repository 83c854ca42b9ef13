// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// What may be metadata, and what belongs to HTTP or gRPC (gRPC, PROTOCOL-HTTP2.md; RFC 9113, 8.2).
enum MetadataRules {
    private static let binarySuffix = Array("-bin".utf8)
    private static let reservedPrefix = Array("grpc-".utf8)
    private static let reserved: [String] = [
        "content-type", "te", "user-agent", "content-length", "host", "connection", "keep-alive",
        "proxy-connection", "transfer-encoding", "upgrade",
    ]

    static func isBinary(_ name: some BidirectionalCollection<UInt8>) -> Bool {
        name.suffix(binarySuffix.count).elementsEqual(binarySuffix)
    }

    /// gRPC keeps these names to itself.
    static func isReserved(_ name: some Collection<UInt8>) -> Bool {
        name.starts(with: reservedPrefix) || reserved.contains { $0.utf8.elementsEqual(name) }
    }

    static func check(name: String, isBinary: Bool) throws(Status) {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0.isNameByte }) else {
            throw Status(.internal, "metadata with an illegal name")
        }
        guard !isReserved(bytes) else {
            throw Status(.internal, "metadata with the reserved name \(name)")
        }
        guard self.isBinary(bytes) == isBinary else {
            throw Status(
                .internal,
                isBinary
                    ? "metadata in bytes needs a name in -bin, not \(name)"
                    : "metadata with the name \(name) needs bytes")
        }
    }

    /// Printable ASCII, and no space at either end: HTTP/2 forbids that one.
    static func check(text: [UInt8], of name: String) throws(Status) {
        guard text.allSatisfy({ $0.isPrintable }), text.first != 0x20,
            text.last != 0x20
        else { throw Status(.internal, "metadata \(name) with an illegal value") }
    }
}
