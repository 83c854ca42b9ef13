// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

/// The contents of a small text file under `/proc` or `/sys`.
struct KernelText: Equatable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the file at `path` below `root`; `limit` bytes at most.
    init(
        _ path: String, root: String, limit: Int = 64 << 10
    ) throws(SystemCallError) {
        self.bytes = try FileDescriptor.open(root + path).readAll(limit: limit)
    }

    /// The lines, without their ends.
    var lines: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    /// The first line, without its end.
    var line: String {
        String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The number in the line `NAME NUMBER` or `NAME: NUMBER kB`.
    func number(named name: StaticString) -> UInt64? {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        for line in lines where line.starts(with: name) {
            let rest = line.dropFirst(name.count)
            // Another name may begin with this one.
            guard let next = rest.first, next == UInt8(ascii: ":") || next.isBlank else {
                continue
            }
            let digits = rest.drop { $0 == UInt8(ascii: ":") || $0.isBlank }
            return Self.number(digits.prefix { !$0.isBlank })
        }
        return nil
    }

    /// The number in the line `NAME: NUMBER kB`, in bytes.
    func byteCount(named name: StaticString) -> UInt64? {
        guard let kilobytes = number(named: name) else { return nil }
        let (bytes, overflow) = kilobytes.multipliedReportingOverflow(by: 1024)
        return overflow ? .max : bytes
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self))
    }
}

extension UInt64 {
    /// The sum, at most the largest number.
    package func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The difference, at least zero.
    package func subtractingSaturated(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
