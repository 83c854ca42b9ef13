// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import InstanceRegistry

/// Where others find a service: `HOST:PORT`, with brackets around an IPv6 address.
package struct AdvertisedAddress: Equatable, Sendable {
    package let host: String
    package let port: UInt16

    /// Reads the text of a setting.
    init(_ text: String) throws(FlagValueError) {
        let refusal = FlagValueError("use HOST:PORT, such as 10.0.0.7:50051 or [2001:db8::7]:50051")
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(String(decoding: bytes[(colon + 1)...], as: UTF8.self)), port > 0
        else { throw refusal }
        var host = bytes[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(UInt8(ascii: ":")) {
            throw refusal
        }
        if host.isEmpty { throw refusal }
        self.host = String(decoding: host, as: UTF8.self)
        self.port = port
    }

    /// As it is read.
    var text: String { HostAndPort(host: host, port: port).text }
}

/// One entry of metadata: `NAME=VALUE`.
package struct MetadataEntry: Equatable, Sendable {
    package let name: String
    package let value: String

    /// Reads the text of a setting.
    init(_ text: String) throws(FlagValueError) {
        let bytes = Array(text.utf8)
        guard let end = bytes.firstIndex(of: UInt8(ascii: "=")), end > 0 else {
            throw FlagValueError("use NAME=VALUE, such as zone=b")
        }
        name = String(decoding: bytes[..<end], as: UTF8.self)
        value = String(decoding: bytes[(end + 1)...], as: UTF8.self)
    }

    /// As it is read.
    var text: String { "\(name)=\(value)" }
}
