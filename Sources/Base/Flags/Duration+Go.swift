// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

/// Durations as Go's `time` package reads and writes them.
extension Duration {
    /// A duration as ``init(goText:)`` reads it that is more than nothing.
    package init?(positive text: String) {
        self.init(goText: text)
        if self <= .zero { return nil }
    }

    /// A sum of numbers with units, such as `1m30s`, `-1.5h`, `.5s` or `1us`; the only bare
    /// number is 0. Nil for anything else, and for more than 64 bits of nanoseconds (292 years).
    package init?(goText text: String) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if rest.elementsEqual("0".utf8) {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var sum: UInt64 = 0
        while !rest.isEmpty {
            guard let number = Self.nextNumber(&rest) else { return nil }
            let (next, overflow) = sum.addingReportingOverflow(number)
            guard !overflow, next <= Self.limit else { return nil }
            sum = next
        }
        if isNegative {
            self = .nanoseconds(sum == Self.limit ? Int64.min : -Int64(sum))
        } else {
            guard sum < Self.limit else { return nil }
            self = .nanoseconds(Int64(sum))
        }
    }

    /// Such as `1m30s`, `2h45m0s`, `1.5s`, `300ms`, `1µs` or `0s`; fractions of a nanosecond are dropped.
    package var goText: String {
        let nanoseconds = wholeNanoseconds
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        switch magnitude {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(magnitude)ns"
        case ..<1_000_000: return sign + Self.decimal(magnitude, fraction: 1_000) + "µs"
        case ..<1_000_000_000: return sign + Self.decimal(magnitude, fraction: 1_000_000) + "ms"
        default: break
        }
        let minute: UInt64 = 60_000_000_000
        var text = Self.decimal(magnitude % minute, fraction: 1_000_000_000) + "s"
        let minutes = magnitude / minute
        if minutes > 0 { text = "\(minutes % 60)m" + text }
        if minutes >= 60 { text = "\(minutes / 60)h" + text }
        return sign + text
    }

    /// The magnitude of the smallest Int64.
    private static var limit: UInt64 { 1 << 63 }

    /// Takes a number with its unit from the front, in nanoseconds, at most ``limit``.
    private static func nextNumber(_ rest: inout Substring.UTF8View) -> UInt64? {
        let digits = rest.prefix { $0.isDigit }
        rest = rest[digits.endIndex...]
        var fractionDigits = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fractionDigits = rest.dropFirst().prefix { $0.isDigit }
            rest = rest[fractionDigits.endIndex...]
        }
        if digits.isEmpty && fractionDigits.isEmpty { return nil }
        let symbol = rest.prefix { !$0.isDigit && $0 != UInt8(ascii: ".") }
        rest = rest[symbol.endIndex...]
        guard let unit = unit(String(Substring(symbol))),
            let whole = digits.isEmpty ? 0 : UInt64(Substring(digits)), whole <= limit / unit
        else { return nil }
        let sum = whole * unit + fraction(fractionDigits, of: unit)
        return sum <= limit ? sum : nil
    }

    /// Nanoseconds of a unit.
    private static func unit(_ symbol: String) -> UInt64? {
        switch symbol {
        case "ns": 1
        case "us", "\u{b5}s", "\u{3bc}s": 1_000  // the micro sign, and the Greek letter mu
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    /// A part of a unit, in Go's floating-point arithmetic, so that the last nanosecond is the
    /// same.
    private static func fraction(_ digits: Substring.UTF8View, of unit: UInt64) -> UInt64 {
        var value: UInt64 = 0
        var scale = 1.0
        for digit in digits {
            // What 63 bits cannot hold is far below a nanosecond.
            guard value <= (limit - 1) / 10 else { break }
            value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
            scale *= 10
        }
        return UInt64(Double(value) * (Double(unit) / scale))
    }

    private static func decimal(_ value: UInt64, fraction scale: UInt64) -> String {
        var text = "\(value / scale)"
        var rest = value % scale
        if rest == 0 { return text }
        text += "."
        var place = scale
        while rest > 0 {
            place /= 10
            text += "\(rest / place)"
            rest %= place
        }
        return text
    }
}
