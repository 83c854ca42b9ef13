// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A name of metadata as Consul takes it: letters, digits, `-` and `_`. Another name is written with its bytes in hexadecimal.
enum MetaName {
    private static let prefix = "vitals-x-"

    /// The name at an agent.
    static func encoded(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_".utf8.contains($0) }
        if isPlain, !name.utf8.starts(with: "vitals-".utf8) { return name }
        return prefix + name.utf8.map { String(hex: UInt32($0), digits: 2) }.joined()
    }

    /// The name of the instance.
    static func decoded(_ name: String) -> String {
        guard name.utf8.starts(with: prefix.utf8) else { return name }
        let digits = Array(name.utf8.dropFirst(prefix.utf8.count))
        guard digits.count.isMultiple(of: 2) else { return name }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let text = String(decoding: digits[index..<index + 2], as: UTF8.self)
            guard let byte = UInt8(text, radix: 16) else { return name }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self) ?? name
    }
}
