// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Gathers the head of a message: a first line, fields, an empty line. Or trailers: the same without a first line.
///
/// Heads of RTSP have the same form.
package struct HeadReader {
    let limits: HTTP1Limits
    let hasStartLine: Bool
    /// The fields so far.
    package private(set) var fields = HTTP1Fields()
    private(set) var startLine: Range<Int>?
    /// Bytes taken so far.
    private(set) var size = 0
    private var lineStart = 0
    private var lineEnd = LineEnd()
    private var isEmptyLineSkipped = false

    /// A reader that has seen nothing.
    package init(_ limits: HTTP1Limits, hasStartLine: Bool = true) {
        self.limits = limits
        self.hasStartLine = hasStartLine
    }

    /// The first line, once it is there.
    package var startText: ArraySlice<UInt8>? { startLine.map { fields.bytes[$0] } }

    /// Takes bytes up to the end of the head at most; true when it is whole.
    package mutating func receive(
        _ input: inout UnsafeRawBufferPointer
    ) throws(HTTP1Fault) -> Bool {
        var index = 0
        defer { input = UnsafeRawBufferPointer(rebasing: input[index...]) }
        if size == 0 { fields.reserve(min(input.count, limits.head)) }
        while index < input.count {
            index += takeText(UnsafeRawBufferPointer(rebasing: input[index...]))
            if index == input.count { break }
            let byte = input[index]
            index += 1
            size += 1
            if size > limits.head { throw .headTooLarge }
            if try !take(byte) { continue }
            if try endLine() { return true }
        }
        return false
    }

    /// Takes the bytes in front that belong to the present line, as far as they are within the limits; how many.
    private mutating func takeText(_ bytes: UnsafeRawBufferPointer) -> Int {
        if lineEnd.isBegun { return 0 }
        var most = min(bytes.count, limits.head - size)
        if startLine == nil, hasStartLine {
            most = min(most, limits.startLine - fields.bytes.count)
        }
        var count = 0
        while count < most, !bytes[count].isControl { count += 1 }
        fields.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        size += count
        return count
    }

    /// True at the end of a line.
    private mutating func take(_ byte: UInt8) throws(HTTP1Fault) -> Bool {
        if let isEnd = try lineEnd.take(byte) { return isEnd }
        if byte == UInt8(ascii: "\n") { throw .lineEnd }
        if byte.isControl { throw .controlByte }
        fields.append(byte)
        if startLine == nil, hasStartLine, fields.bytes.count > limits.startLine {
            throw .startLineTooLong
        }
        return false
    }

    /// True at the end of the head.
    private mutating func endLine() throws(HTTP1Fault) -> Bool {
        let line = lineStart..<fields.bytes.count
        lineStart = line.upperBound
        if startLine == nil, hasStartLine {
            // One empty line in front is forgiven: old clients send it after a body (RFC 9112, 2.2).
            if line.isEmpty {
                if isEmptyLineSkipped { throw .startLine }
                isEmptyLineSkipped = true
            } else {
                startLine = line
            }
            return false
        }
        if line.isEmpty { return true }
        if fields.count == limits.fields { throw .tooManyFields }
        try fields.add(line: line)
        return false
    }
}
