// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A type of record that a name can be asked for. Only the probe does without.
package enum NameRecord: String, CaseIterable, Sendable {
    /// An IPv4 address.
    case a = "A"
    /// An IPv6 address.
    case aaaa = "AAAA"
    /// Where a service is: `host:port`.
    case srv = "SRV"
    /// A text.
    case txt = "TXT"

    /// Its number (RFC 1035, 3.2.2; RFC 3596; RFC 2782).
    var number: CInt {
        switch self {
        case .a: 1
        case .aaaa: 28
        case .srv: 33
        case .txt: 16
        }
    }
}
