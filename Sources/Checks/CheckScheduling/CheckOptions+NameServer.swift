// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

extension CheckOptions {
    /// Takes the name server that is asked in place of this machine's resolver; nil when it is not given.
    package mutating func takeNameServer(_ name: String) throws(CheckOptionError) -> String? {
        try take(name, "an address, or one with a port: 10.0.0.2:53") { text in
            Self.isServer(text) ? text : nil
        }
    }

    /// `10.0.0.2`, `10.0.0.2:53`, `::1` or `[::1]:53`.
    private static func isServer(_ text: String) -> Bool {
        if SocketAddress(numeric: text, port: 53) != nil { return true }
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
        var host = Array(text.utf8[..<colon])
        let port = UInt16(String(decoding: Array(text.utf8[colon...].dropFirst()), as: UTF8.self))
        let hasBrackets = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
        if hasBrackets { host = Array(host.dropFirst().dropLast()) }
        guard let port, port > 0, hasBrackets == host.contains(UInt8(ascii: ":")) else {
            return false
        }
        return SocketAddress(numeric: String(decoding: host, as: UTF8.self), port: port) != nil
    }
}
