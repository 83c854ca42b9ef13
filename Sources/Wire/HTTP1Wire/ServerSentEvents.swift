// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Splits a stream into the data of its events (the HTML standard, 9.2, "Server-sent events"). Ignores names, IDs and
/// comments.
package struct ServerSentEvents {
    private let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var isCarriageReturnSeen = false

    /// An event may have at most `limit` bytes.
    package init(limit: Int) { self.limit = limit }

    /// Takes bytes, and calls `body` with the data of each event that they complete. Throws `tooLong` for an event beyond the
    /// limit.
    package mutating func receive<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, tooLong: Failure,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        for byte in bytes {
            let isSecondEnd = isCarriageReturnSeen && byte == UInt8(ascii: "\n")
            isCarriageReturnSeen = byte == UInt8(ascii: "\r")
            if isSecondEnd { continue }
            if isCarriageReturnSeen || byte == UInt8(ascii: "\n") {
                try endLine(body)
                continue
            }
            line.append(byte)
            if line.count + data.count > limit { throw tooLong }
        }
    }

    private mutating func endLine<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            guard hasData else { return }
            defer {
                data.removeAll(keepingCapacity: true)
                hasData = false
            }
            try data.withUnsafeBufferPointer { bytes throws(Failure) in
                try body(UnsafeRawBufferPointer(bytes))
            }
            return
        }
        guard line.starts(with: "data".utf8) else { return }
        var value = line.dropFirst(4)
        if let colon = value.first {
            guard colon == UInt8(ascii: ":") else { return }
            value.removeFirst()
        }
        if value.first == 0x20 { value.removeFirst() }
        if hasData { data.append(UInt8(ascii: "\n")) }
        data.append(contentsOf: value)
        hasData = true
    }
}
