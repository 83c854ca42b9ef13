// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Reads the values of flags.
package enum FlagValue {
    /// The spellings of Go's `strconv.ParseBool`.
    package static func boolean(_ text: String) throws(FlagValueError) -> Bool {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw .malformed("not a boolean: use true or false")
        }
    }

    /// Whether ``boolean(_:)`` takes the text.
    static func isBoolean(_ text: String) -> Bool {
        do throws(FlagValueError) {
            _ = try boolean(text)
            return true
        } catch {
            return false
        }
    }

    /// A decimal number with an optional sign. Leading zeros mean nothing, and there are no other
    /// bases.
    package static func integer(
        _ text: String, in range: ClosedRange<Int> = .min ... .max
    ) throws(FlagValueError) -> Int {
        var digits = text.utf8[...]
        if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") {
            digits.removeFirst()
        }
        guard !digits.isEmpty, digits.allSatisfy({ $0.isDigit }) else {
            throw .malformed("not a number: use digits only")
        }
        guard let number = Int(text), range.contains(number) else {
            throw .outOfRange(
                "out of range: use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A duration as Go writes it.
    package static func duration(_ text: String) throws(FlagValueError) -> Duration {
        if let duration = Duration(goText: text) { return duration }
        if Duration(goText: text + "s") != nil {
            throw .malformed("no unit: use \(text)s, or ms, m, h")
        }
        throw .malformed("not a duration: use a number with ns, us, ms, s, m or h, such as 1m30s")
    }

    /// A number of bytes with a unit of 1000 (`MB`) or of 1024 (`MiB`), or without one for bytes.
    package static func size(_ text: String) throws(FlagValueError) -> Int64 {
        let digits = text.utf8.prefix { $0.isDigit }
        let symbol = String(Substring(text.utf8[digits.endIndex...]))
        guard !digits.isEmpty, let unit = sizeUnit(symbol) else {
            throw .malformed(
                "not a size: use a number with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB")
        }
        guard let number = Int64(Substring(digits)) else { throw tooLarge }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        if overflow { throw tooLarge }
        return bytes
    }

    private static var tooLarge: FlagValueError {
        .outOfRange("too large: at most \(Int64.max) bytes can be counted")
    }

    private static func sizeUnit(_ symbol: String) -> Int64? {
        switch symbol {
        case "", "B": 1
        case "KiB": 1 << 10
        case "MiB": 1 << 20
        case "GiB": 1 << 30
        case "TiB": 1 << 40
        case "KB", "kB": 1_000
        case "MB": 1_000_000
        case "GB": 1_000_000_000
        case "TB": 1_000_000_000_000
        default: nil
        }
    }
}
