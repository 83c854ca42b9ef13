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
        // Brackets are for an IPv6 address only.
        guard let place = HostAndPort(text.utf8[...]), place.text == text else { return false }
        return SocketAddress(numeric: place.host, port: place.port) != nil
    }
}
