// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HTTP1Wire
import HTTPRouting
import SystemIO

/// Writes the heads of responses to HTTP/1.x clients.
struct HTTP1HeadWriter {
    /// Where the body ends.
    enum Framing: Equatable {
        /// After so many bytes.
        case length(Int)
        case chunked
        /// With the connection.
        case untilClose
    }

    /// What becomes of the connection.
    enum Persistence {
        /// It stays, as in HTTP/1.1 without a word.
        case stays
        /// It stays, as the client of HTTP/1.0 has asked for.
        case staysByWish
        case ends
    }

    /// More than all bytes of a head that are no field of its response's own.
    private static let fixedSize = 400

    /// The most bytes that the head of `response` can have.
    static func size(of response: HTTPResponse) -> Int {
        var size = fixedSize
        for (name, value) in response.fields {
            size += name.utf8CodeUnitCount + value.utf8.count + 4
        }
        return size
    }

    /// Writes the head of `response` to the end of `output`, where there is room for it.
    static func write(
        _ response: HTTPResponse, _ framing: Framing, _ persistence: Persistence, date: HTTPDate,
        to output: OutputBuffer
    ) {
        output.write("HTTP/1.1 ")
        output.write(decimal: response.status.rawValue)
        output.write(" ")
        output.write(response.status.reason)
        var defaults = DefaultFields()
        for (name, value) in response.fields where value.isFieldValue {
            defaults.note(name)
            output.write("\r\n")
            output.write(name)
            output.write(": ")
            output.write(value)
        }
        if defaults.wantsCacheControl { output.write("\r\ncache-control: no-cache") }
        if defaults.wantsNoSniff { output.write("\r\nx-content-type-options: nosniff") }
        output.write("\r\ndate: ")
        output.write(date.bytes)
        if response.status.hasBody {
            switch framing {
            case .length(let count):
                output.write("\r\ncontent-length: ")
                output.write(decimal: count)
            case .chunked: output.write("\r\ntransfer-encoding: chunked")
            case .untilClose: break
            }
        }
        switch persistence {
        case .stays: output.write("\r\n\r\n")
        case .staysByWish: output.write("\r\nconnection: keep-alive\r\n\r\n")
        case .ends: output.write("\r\nconnection: close\r\n\r\n")
        }
    }
}

/// The fields that every response has, unless it has its own.
struct DefaultFields {
    private(set) var wantsCacheControl = true
    private(set) var wantsNoSniff = true

    /// The response has this field.
    mutating func note(_ name: StaticString) {
        switch name.utf8CodeUnitCount {
        case 13: if name.isEqual(to: "cache-control") { wantsCacheControl = false }
        case 22: if name.isEqual(to: "x-content-type-options") { wantsNoSniff = false }
        default: break
        }
    }
}

extension HTTP1Status {
    /// Responses of this status have a body, and a length of it (RFC 9110, 6.4.1).
    var hasBody: Bool { rawValue >= 200 && self != .noContent && self != .notModified }
}

extension StaticString {
    func isEqual(to other: StaticString) -> Bool {
        utf8CodeUnitCount == other.utf8CodeUnitCount
            && memcmp(utf8Start, other.utf8Start, utf8CodeUnitCount) == 0
    }
}

extension String {
    /// It may stand in a field: no control character, which could end the line.
    var isFieldValue: Bool {
        for byte in utf8 where byte < 0x20 && byte != 0x09 || byte == 0x7f { return false }
        return true
    }
}

extension OutputBuffer {
    /// Writes a constant; there is room for it.
    @inline(__always)
    func write(_ constant: StaticString) {
        _ = append(
            UnsafeRawBufferPointer(start: constant.utf8Start, count: constant.utf8CodeUnitCount))
    }

    /// Writes text; there is room for it.
    func write(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
            _ = append(UnsafeRawBufferPointer($0))
        }
        if isDone == nil { write(Array(text.utf8)) }
    }

    /// Writes bytes; there is room for them.
    @inline(__always)
    func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { _ = append($0) } }

    /// Writes a number that is not negative; there is room for it.
    func write(decimal number: Int) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var (start, rest) = (digits.count, number)
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            _ = append(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
