// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Classes of ASCII characters.
extension UInt8 {
    /// `0` to `9`.
    @inlinable package var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// `A` to `Z` and `a` to `z`.
    @inlinable package var isLetter: Bool { isLowercaseLetter || isUppercaseLetter }

    /// `a` to `z`.
    @inlinable package var isLowercaseLetter: Bool {
        self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z")
    }

    /// `A` to `Z`.
    @inlinable package var isUppercaseLetter: Bool {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z")
    }

    /// A space or a tab.
    @inlinable package var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// A blank, or what ends a line or a page.
    @inlinable package var isWhiteSpace: Bool {
        self == UInt8(ascii: " ") || (self >= 0x09 && self <= 0x0d)
    }

    /// From the space to the tilde.
    @inlinable package var isPrintable: Bool { self >= UInt8(ascii: " ") && self < 0x7f }

    /// A small letter, a digit, or one of `-`, `_` and `.`: names of gRPC's metadata and of SPIFFE's trust domains.
    @inlinable package var isNameByte: Bool {
        isLowercaseLetter || isDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
            || self == UInt8(ascii: ".")
    }

    /// A capital letter as a small one, anything else as it is.
    @inlinable package var lowercased: UInt8 { isUppercaseLetter ? self | 0x20 : self }

    /// A small letter as a capital one, anything else as it is.
    @inlinable package var uppercased: UInt8 { isLowercaseLetter ? self & ~0x20 : self }

    /// The value of a hexadecimal digit.
    @inlinable package var hexDigit: UInt8? {
        let letter = lowercased
        if isDigit { return self - UInt8(ascii: "0") }
        if letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f") {
            return letter - UInt8(ascii: "a") + 10
        }
        return nil
    }
}
