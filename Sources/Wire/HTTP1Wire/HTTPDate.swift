// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A moment as HTTP writes it, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
package struct HTTPDate: Sendable {
    private static let days: [StaticString] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// 29 bytes of text.
    package let bytes: [UInt8]

    /// The moment so many seconds after the start of 1970; from then until the end of 9999.
    package init(secondsSince1970 seconds: Int64) {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let day = Int(seconds / 86_400)
        let second = Int(seconds % 86_400)
        let (year, month, dayOfMonth) = Self.civil(day)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        text.append(Self.days[day % 7])
        text.append(", ")
        text.append(digits: dayOfMonth)
        text.append(" ")
        text.append(Self.months[month - 1])
        text.append(" ")
        text.append(digits: year / 100)
        text.append(digits: year % 100)
        for (index, part) in [second / 3600, second / 60 % 60, second % 60].enumerated() {
            text.append(index == 0 ? " " : ":")
            text.append(digits: part)
        }
        text.append(" GMT")
        bytes = text
    }

    /// Year, month and day of the month, of a day that is counted from the start of 1970 (Hinnant, "chrono-compatible
    /// low-level date algorithms").
    private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        // Years begin in March here, so that the day of leap years is the last one; 400 of them have 146,097 days.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension [UInt8] {
    /// Appends two digits.
    fileprivate mutating func append(digits number: Int) {
        append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
