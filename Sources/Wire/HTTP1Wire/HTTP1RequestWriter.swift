// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes the requests of a client to one server.
package struct HTTP1RequestWriter: Sendable {
    private let host: [UInt8]
    private var fields: [UInt8] = []

    /// For the server at `host`, as it is written in a URL: a name or address, and perhaps a port. Nil when it
    /// cannot be.
    package init?(host: String) {
        guard !host.isEmpty, host.utf8.allSatisfy({ $0.isURIByte }) else { return nil }
        self.host = Array(host.utf8)
    }

    /// Sends a field with every request; false when `value` cannot be one (RFC 9110, 5.5).
    package mutating func add(_ name: StaticString, _ value: String) -> Bool {
        if value.utf8.contains(where: { $0.isControl }) { return false }
        fields.append(name)
        fields.append(": ")
        fields.append(contentsOf: value.utf8)
        fields.append("\r\n")
        return true
    }

    /// The same for a field whose name is not known to the program; false when it cannot be one either.
    package mutating func add(name: String, _ value: String) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0.isTokenByte }),
            !value.utf8.contains(where: { $0.isControl })
        else { return false }
        fields.append(contentsOf: "\(name): \(value)\r\n".utf8)
        return true
    }

    /// A HEAD of a path, with its query if it has one; nil when that is none.
    package func head(_ target: String) -> [UInt8]? { encoded("HEAD ", target, nil, "") }

    /// A GET of a path, with its query if it has one; nil when that is none.
    package func get(_ target: String) -> [UInt8]? { encoded("GET ", target, nil, "") }

    /// A POST of a body.
    package func post(_ target: String, contentType: StaticString, body: [UInt8]) -> [UInt8]? {
        encoded("POST ", target, body, contentType)
    }

    /// A PUT of a body, which may be empty.
    package func put(_ target: String, contentType: StaticString, body: [UInt8]) -> [UInt8]? {
        encoded("PUT ", target, body, contentType)
    }

    /// A DELETE of a path, with its query if it has one; nil when that is none.
    package func delete(_ target: String) -> [UInt8]? { encoded("DELETE ", target, nil, "") }

    private func encoded(
        _ method: StaticString, _ target: String, _ body: [UInt8]?, _ contentType: StaticString
    ) -> [UInt8]? {
        guard target.utf8.first == UInt8(ascii: "/"), target.utf8.allSatisfy({ $0.isURIByte })
        else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.append(method)
        bytes.append(contentsOf: target.utf8)
        bytes.append(" HTTP/1.1\r\nhost: ")
        bytes.append(contentsOf: host)
        bytes.append("\r\n")
        bytes.append(contentsOf: fields)
        if let body {
            bytes.append("content-type: ")
            bytes.append(contentType)
            bytes.append("\r\ncontent-length: ")
            bytes.append(number: body.count)
            bytes.append("\r\n")
        }
        bytes.append("\r\n")
        if let body { bytes.append(contentsOf: body) }
        return bytes
    }
}
