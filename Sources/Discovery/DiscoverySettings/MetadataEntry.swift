// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

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
