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

    /// The head of `response`.
    static func head(
        _ response: HTTPResponse, _ framing: Framing, _ persistence: Persistence, date: HTTPDate
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(320)
        bytes.append("HTTP/1.1 ")
        bytes.append(contentsOf: String(response.status.rawValue).utf8)
        bytes.append(" ")
        bytes.append(response.status.reason)
        var defaults = DefaultFields()
        for (name, value) in response.fields where value.utf8.allSatisfy({ $0.isFieldByte }) {
            defaults.note(name)
            bytes.append("\r\n")
            bytes.append(name)
            bytes.append(": ")
            bytes.append(contentsOf: value.utf8)
        }
        if defaults.wantsCacheControl { bytes.append("\r\ncache-control: no-cache") }
        if defaults.wantsNoSniff { bytes.append("\r\nx-content-type-options: nosniff") }
        bytes.append("\r\ndate: ")
        bytes.append(contentsOf: date.bytes)
        if response.status.hasBody {
            switch framing {
            case .length(let count):
                bytes.append("\r\ncontent-length: ")
                bytes.append(contentsOf: String(count).utf8)
            case .chunked: bytes.append("\r\ntransfer-encoding: chunked")
            case .untilClose: break
            }
        }
        switch persistence {
        case .stays: break
        case .staysByWish: bytes.append("\r\nconnection: keep-alive")
        case .ends: bytes.append("\r\nconnection: close")
        }
        bytes.append("\r\n\r\n")
        return bytes
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

extension UInt8 {
    /// May stand in the value of a field: no control character, which could end the line.
    var isFieldByte: Bool { self >= 0x20 && self != 0x7f || self == 0x09 }
}

extension [UInt8] {
    mutating func append(_ constant: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(
                start: constant.utf8Start, count: constant.utf8CodeUnitCount))
    }
}
