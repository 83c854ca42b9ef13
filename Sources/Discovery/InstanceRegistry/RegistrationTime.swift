// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The text of a registration's time in stores: ISO 8601, in UTC.
package enum RegistrationTime {
    /// Milliseconds since 1970 as `2026-11-21T09:30:00.125Z`.
    package static func text(_ milliseconds: Int64) -> String {
        Timestamp(milliseconds: milliseconds).text
    }

    /// Milliseconds since 1970; nil when the text is no time. Also without a zone, which means UTC, as Python's `isoformat` writes
    /// it, and with `+HH:MM`.
    package static func milliseconds(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)[...]
        guard let year = number(&bytes, 4, "-"), let month = number(&bytes, 2, "-"),
            let day = number(&bytes, 2, "T"), let hour = number(&bytes, 2, ":"),
            let minute = number(&bytes, 2, ":"), let second = number(&bytes, 2, nil),
            (1...12).contains(month), day >= 1, day <= lastDay(year, month), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let thousandths = fraction(&bytes)
        guard let offset = zone(bytes) else { return nil }
        let seconds =
            days(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second
        let milliseconds = seconds * 1000 + thousandths
        return writable.contains(milliseconds) ? milliseconds : nil
    }

    /// What ``text(_:)`` writes so that it can be read again: years of four digits, in UTC.
    private static let writable = days(0, 1, 1) * 86_400_000..<days(10_000, 1, 1) * 86_400_000

    private static func lastDay(_ year: Int64, _ month: Int64) -> Int64 {
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        return days(nextYear, nextMonth, 1) - days(year, month, 1)
    }

    /// A number of so many digits, and the character that has to follow it.
    private static func number(
        _ bytes: inout ArraySlice<UInt8>, _ digits: Int, _ end: Unicode.Scalar?
    ) -> Int64? {
        let text = bytes.prefix(digits)
        guard text.count == digits, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        bytes = bytes.dropFirst(digits)
        if let end {
            // Python writes a blank in place of the T when it is asked for a text.
            let isBlank = end == "T" && bytes.first == 0x20
            guard isBlank || bytes.first == UInt8(ascii: end) else { return nil }
            bytes = bytes.dropFirst()
        }
        return text.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func fraction(_ bytes: inout ArraySlice<UInt8>) -> Int64 {
        guard bytes.first == UInt8(ascii: ".") else { return 0 }
        let digits = bytes.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
        bytes = bytes.dropFirst(digits.count + 1)
        var value: Int64 = 0
        for index in 0..<3 {
            let digit = digits.dropFirst(index).first.map { Int64($0 - 0x30) }
            value = value * 10 + (digit ?? 0)
        }
        return value
    }

    /// The minutes by which a zone is ahead of UTC.
    private static func zone(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var rest = bytes.dropFirst()
        switch bytes.first {
        case nil: return 0
        case UInt8(ascii: "Z"): return rest.isEmpty ? 0 : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard let hours = number(&rest, 2, ":"), let minutes = number(&rest, 2, nil),
                rest.isEmpty, hours < 24, minutes < 60
            else { return nil }
            return (bytes.first == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
        default: return nil
        }
    }

    /// Days from 1970 to a date of the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // The year begins in March, so that the day of a leap year is its last one.
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
