// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// A number in hexadecimal, in lower case, with zeros before it up to `digits` digits.
    package init(hex value: UInt32, digits: Int) {
        self = String(value, radix: 16)
        while utf8.count < digits { self = "0" + self }
    }
}
