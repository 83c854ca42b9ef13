// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Finds the body of a message in its bytes (RFC 9112, 6 and 7). It keeps nothing of the body.
struct BodyReader {
    /// Where a body ends.
    enum Length: Equatable {
        case fixed(Int)
        case chunked
        /// With the connection; responses alone.
        case untilClose
    }

    /// What the next bytes are.
    enum Part {
        case bytes(UnsafeRawBufferPointer)
        case needsMore
        case finished
    }

    private enum State {
        case bytes(left: Int)
        case untilClose
        case chunkSize
        case chunkBytes(left: Int)
        case chunkEnd
        case trailers
        case finished
    }

    private let limits: HTTP1Limits
    private var state: State
    private var total = 0
    private var line: [UInt8] = []
    private var lineEnd = LineEnd()
    private var extensionSize = 0
    private var trailers: HeadReader

    init(_ length: Length, _ limits: HTTP1Limits) throws(HTTP1Fault) {
        self.limits = limits
        self.trailers = HeadReader(limits, hasStartLine: false)
        switch length {
        case .fixed(let count):
            if count > limits.body { throw .bodyTooLarge }
            state = count == 0 ? .finished : .bytes(left: count)
        case .chunked: state = .chunkSize
        case .untilClose: state = .untilClose
        }
    }

    /// The body ends where the connection does.
    var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// Takes the next part from `input`. What follows the message is left there.
    mutating func next(_ input: inout UnsafeRawBufferPointer) throws(HTTP1Fault) -> Part {
        while true {
            if case .finished = state { return .finished }
            if input.isEmpty { return .needsMore }
            switch state {
            case .bytes(let left):
                let part = take(left, &input)
                state = left == part.count ? .finished : .bytes(left: left - part.count)
                return .bytes(part)
            case .untilClose:
                total += input.count
                if total > limits.body { throw .bodyTooLarge }
                return .bytes(take(input.count, &input))
            case .chunkBytes(let left):
                let part = take(left, &input)
                state = left == part.count ? .chunkEnd : .chunkBytes(left: left - part.count)
                return .bytes(part)
            case .chunkSize:
                guard try takeLine(&input, limit: HTTP1Limits.chunkLine, orElse: .chunkSize) else {
                    return .needsMore
                }
                state = try startChunk()
            case .chunkEnd:
                guard try takeLine(&input, limit: 0, orElse: .chunkEnd) else { return .needsMore }
                state = .chunkSize
            case .trailers:
                guard try trailers.receive(&input) else { return .needsMore }
                state = .finished
            case .finished: break
            }
        }
    }

    private func take(
        _ count: Int, _ input: inout UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let part = UnsafeRawBufferPointer(rebasing: input.prefix(count))
        input = UnsafeRawBufferPointer(rebasing: input[part.count...])
        return part
    }

    /// True when ``line`` is whole.
    private mutating func takeLine(
        _ input: inout UnsafeRawBufferPointer, limit: Int, orElse fault: HTTP1Fault
    ) throws(HTTP1Fault) -> Bool {
        while let byte = input.first {
            input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
            if let isEnd = try lineEnd.take(byte) {
                if isEnd { return true }
                continue
            }
            if byte.isControl || line.count == limit { throw fault }
            line.append(byte)
        }
        return false
    }

    /// Reads ``line`` as a size in hexadecimal, with extensions that are ignored (RFC 9112, 7.1).
    private mutating func startChunk() throws(HTTP1Fault) -> State {
        defer { line.removeAll(keepingCapacity: true) }
        var digits = 0
        var size = 0
        while digits < line.count, let digit = line[digits].hexDigit {
            // More digits than any size within the limits has: never an overflow.
            guard digits < 8 else { throw .chunkSize }
            size = size << 4 | Int(digit)
            digits += 1
        }
        guard digits > 0, digits == line.count || line[digits] == UInt8(ascii: ";") else {
            throw .chunkSize
        }
        extensionSize += line.count - digits
        if extensionSize > HTTP1Limits.chunkExtensions { throw .chunkExtensions }
        total += size
        if total > limits.body { throw .bodyTooLarge }
        return size == 0 ? .trailers : .chunkBytes(left: size)
    }
}
