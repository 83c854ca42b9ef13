// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The value of `grpc-timeout`: at most eight digits and a unit (gRPC, PROTOCOL-HTTP2.md).
package enum GRPCTimeout {
    private static let maxDigits = 8
    /// Nanoseconds of each unit, finest first.
    private static let units: [(letter: UInt8, nanoseconds: Int64)] = [
        (UInt8(ascii: "n"), 1),
        (UInt8(ascii: "u"), 1_000),
        (UInt8(ascii: "m"), 1_000_000),
        (UInt8(ascii: "S"), 1_000_000_000),
        (UInt8(ascii: "M"), 60_000_000_000),
        (UInt8(ascii: "H"), 3_600_000_000_000),
    ]

    /// Reads a value; nil when it is malformed. More than 64 bits of nanoseconds is held at their limit.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Duration? {
        guard bytes.count >= 2, bytes.count <= maxDigits + 1 else { return nil }
        var number: Int64 = 0
        for byte in bytes.dropLast() {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        let letter = bytes[bytes.count - 1]
        guard let unit = units.first(where: { $0.letter == letter }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
        return .nanoseconds(overflow ? .max : product)
    }

    /// Writes a value in the finest unit that fits; what is lost is rounded up, so that the server never
    /// gives up before the client.
    package static func format(nanoseconds: Int64) -> String {
        let limit: Int64 = 100_000_000
        let value = max(nanoseconds, 0)
        for unit in units {
            let amount = value / unit.nanoseconds + (value % unit.nanoseconds == 0 ? 0 : 1)
            if amount < limit {
                return "\(amount)" + String(decoding: [unit.letter], as: UTF8.self)
            }
        }
        return "99999999H"
    }
}
