// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream into the data of its events (the HTML standard, 9.2, "Server-sent events"). Names, IDs and
/// comments of events mean nothing here.
struct ServerSentEvents {
    private let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var isCarriageReturnSeen = false

    /// An event, or a line of one, may have `limit` bytes.
    init(limit: Int) { self.limit = limit }

    /// Takes bytes and hands out the data of each event that they complete.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(UpstreamFailure) -> Void
    ) throws(UpstreamFailure) {
        for octet in bytes {
            let isSecondEnd = isCarriageReturnSeen && octet == UInt8(ascii: "\n")
            isCarriageReturnSeen = octet == UInt8(ascii: "\r")
            if isSecondEnd { continue }
            if isCarriageReturnSeen || octet == UInt8(ascii: "\n") {
                try endLine(body)
                continue
            }
            line.append(octet)
            if line.count + data.count > limit { throw .malformed("an event is too long") }
        }
    }

    private mutating func endLine(
        _ body: (UnsafeRawBufferPointer) throws(UpstreamFailure) -> Void
    ) throws(UpstreamFailure) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            guard hasData else { return }
            defer {
                data.removeAll(keepingCapacity: true)
                hasData = false
            }
            try data.withUnsafeBufferPointer { bytes throws(UpstreamFailure) in
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
