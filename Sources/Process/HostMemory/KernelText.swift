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
        var first: UInt64?
        forEachNumber(named: name) { number in
            first = number
            return false
        }
        return first
    }

    /// The sum of the numbers in all such lines, which may begin with blanks.
    func sum(named name: StaticString) -> UInt64 {
        var sum: UInt64 = 0
        forEachNumber(named: name) { number in
            sum = sum.addingSaturated(number)
            return true
        }
        return sum
    }

    /// Calls `body` for each line of that name until it says false. Without a slice for each line: such a table is read each
    /// second, and the slices were nine tenths of what it cost.
    private func forEachNumber(named name: StaticString, _ body: (UInt64) -> Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            var rest = bytes[...]
            while !rest.isEmpty {
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                let line = rest[..<end]
                rest = rest[min(end + 1, rest.endIndex)...]
                if let number = Self.number(named: name, in: line), !body(number) { return }
            }
        }
    }

    private static func number(
        named name: UnsafeBufferPointer<UInt8>, in line: Slice<UnsafeBufferPointer<UInt8>>
    ) -> UInt64? {
        let line = line.drop { $0.isBlank }
        guard line.starts(with: name) else { return nil }
        let rest = line.dropFirst(name.count)
        // Another name may begin with this one.
        guard let next = rest.first, next == UInt8(ascii: ":") || next.isBlank else { return nil }
        let digits = rest.drop { $0 == UInt8(ascii: ":") || $0.isBlank }
        return UInt64(String(decoding: digits.prefix { !$0.isBlank }, as: UTF8.self))
    }

    /// The number in the line `NAME: NUMBER kB`, in bytes.
    func byteCount(named name: StaticString) -> UInt64? {
        guard let kilobytes = number(named: name) else { return nil }
        let (bytes, overflow) = kilobytes.multipliedReportingOverflow(by: 1024)
        return overflow ? .max : bytes
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
