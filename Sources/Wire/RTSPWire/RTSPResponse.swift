// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP1Wire
import Text

/// The response of a server to a request.
package struct RTSPResponse: Sendable {
    package let status: Int
    package let fields: HTTP1Fields
    package let body: [UInt8]

    /// The number of the request that it answers; nil when it says none.
    package var sequence: Int? { fields["cseq"].flatMap { Int($0) } }

    /// The session that it names, and after how long without a request that ends (RFC 2326, 12.37); nil when it names none.
    package var session: (id: String, timeout: Duration)? {
        guard let parts = fields["session"]?.utf8.split(separator: UInt8(ascii: ";")),
            let first = parts.first
        else { return nil }
        let id = String(Substring(first)).trimmingWhiteSpace
        guard !id.isEmpty, id.utf8.count <= 256 else { return nil }
        let seconds = parts.dropFirst().firstValue(of: "timeout").flatMap { Int64($0) } ?? 60
        return (id, .seconds(min(max(seconds, 2), 86_400)))
    }

    /// The channel of the packets that it will send over this connection; nil when it sends them elsewhere.
    package var channel: UInt8? {
        let parts = (fields["transport"] ?? "").utf8.split(separator: UInt8(ascii: ";"))
        guard let transport = parts.first,
            String(Substring(transport)).uppercased().hasSuffix("TCP")
        else { return nil }
        guard let channels = parts.firstValue(of: "interleaved") else { return 0 }
        return UInt8(channels.prefix { $0 != "-" })
    }

    /// The methods that it has (`Public`).
    package func allows(_ method: RTSPMethod) -> Bool {
        fields.texts(of: "public").contains { list in
            list.utf8.split(separator: UInt8(ascii: ",")).contains {
                String(Substring($0)).trimmingWhiteSpace == method.rawValue
            }
        }
    }
}

extension Collection<Substring.UTF8View> {
    /// The value of the first part `name=value` of this name, in any case.
    fileprivate func firstValue(of name: String) -> String? {
        for part in self {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard pair.count == 2 else { continue }
            if String(Substring(pair[0])).trimmingWhiteSpace.lowercased() == name {
                return String(Substring(pair[1])).trimmingWhiteSpace
            }
        }
        return nil
    }
}
