// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Takes lines out of a stream of bytes. What waits is bounded: the owner takes all lines before it appends more. Pure.
struct LineReader {
    /// What stands at the front.
    enum Next: Equatable {
        case line([UInt8])
        /// The line has more bytes than are allowed; where it ends is not known.
        case tooLong
        /// More bytes have to come.
        case incomplete
    }

    private let limit: Int
    private var bytes: [UInt8] = []
    private var start = 0
    /// No line ends before this.
    private var searched = 0
    private var isEnded = false

    /// Lines of so many bytes at most, the end of the line not counted.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ new: UnsafeRawBufferPointer) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += new
    }

    /// No bytes will come any more: what is there is the last line.
    mutating func end() { isEnded = true }

    /// Takes the next line, without its end (a line feed, and a carriage return before it).
    mutating func next() -> Next {
        if start == bytes.count { return .incomplete }
        let lineEnd = bytes[searched...].firstIndex(of: UInt8(ascii: "\n"))
        guard let end = lineEnd ?? (isEnded ? bytes.count : nil) else {
            searched = bytes.count
            // One more may be a carriage return.
            return bytes.count - start > limit + 1 ? .tooLong : .incomplete
        }
        var line = bytes[start..<end]
        start = min(end + 1, bytes.count)
        searched = start
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line.count > limit ? .tooLong : .line(Array(line))
    }
}
