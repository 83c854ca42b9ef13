// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import Text

/// Reads what a server sends over the connection of a session: responses and requests, with packets between them (RFC 2326,
/// 10.12). Pure; all that it keeps is bounded: one head, one body or one packet.
package struct RTSPReader {
    /// What has come.
    package enum Event {
        case response(RTSPResponse)
        /// The server asks for something itself; `sequence` is its CSeq.
        case request(sequence: String)
        /// A packet of a channel, whole.
        case packet(channel: UInt8, bytes: [UInt8])
    }

    /// Bytes of a body.
    package static let maxBody = 64 << 10

    private enum State {
        case start
        case head
        /// Of so many bytes.
        case body(Int)
        /// Behind the dollar sign: three bytes, then as many as they say.
        case packet
    }

    private var state = State.start
    private var head = HeadReader(HTTP1Limits())
    /// The part of a body or of a packet that has come.
    private var bytes: [UInt8] = []

    /// A reader that has seen nothing.
    package init() {}

    /// Takes bytes up to the end of the next event; nil when all were taken before it is whole.
    package mutating func receive(
        _ input: inout UnsafeRawBufferPointer
    ) throws(RTSPFault) -> Event? {
        while true {
            switch state {
            case .start:
                guard let first = input.first else { return nil }
                if first == UInt8(ascii: "$") {
                    input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
                    state = .packet
                } else {
                    // A version, a method, or an empty line in front of one.
                    guard first.isUppercaseLetter || first == 0x0d else { throw .notRTSP }
                    state = .head
                }
            case .head:
                guard try receiveHead(&input) else { return nil }
                state = .body(try bodySize())
            case .body(let size):
                guard take(size, from: &input) else { return nil }
                return try endMessage()
            case .packet:
                guard take(3, from: &input) else { return nil }
                let size = Int(bytes[1]) << 8 | Int(bytes[2])
                guard take(3 + size, from: &input) else { return nil }
                let event = Event.packet(channel: bytes[0], bytes: Array(bytes[3...]))
                reset()
                return event
            }
        }
    }

    private mutating func receiveHead(
        _ input: inout UnsafeRawBufferPointer
    ) throws(RTSPFault) -> Bool {
        do throws(HTTP1Fault) {
            return try head.receive(&input)
        } catch {
            // Of another protocol it does not matter what is wrong with it.
            guard head.startText.map(Self.isRTSP) != false else { throw .notRTSP }
            throw .head(error)
        }
    }

    /// Adds bytes until there are `count`; whether there are.
    private mutating func take(_ count: Int, from input: inout UnsafeRawBufferPointer) -> Bool {
        let part = input.prefix(max(0, count - bytes.count))
        bytes.append(contentsOf: part)
        input = UnsafeRawBufferPointer(rebasing: input[part.endIndex...])
        return bytes.count >= count
    }

    private mutating func reset() {
        state = .start
        head = HeadReader(HTTP1Limits())
        bytes = []
    }

    private func bodySize() throws(RTSPFault) -> Int {
        guard head.startText.map(Self.isRTSP) == true else { throw .notRTSP }
        let values = head.fields.texts(of: "content-length")
        guard let text = values.first else { return 0 }
        guard values.count == 1, !text.isEmpty, text.utf8.allSatisfy({ $0.isDigit }) else {
            throw .contentLength
        }
        guard let size = Int(text), size <= Self.maxBody else { throw .bodyTooLarge }
        return size
    }

    /// The first line of a response, or of a request.
    private static func isRTSP(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: "RTSP/1.0 ".utf8) || line.suffix(9).elementsEqual(" RTSP/1.0".utf8)
    }

    private mutating func endMessage() throws(RTSPFault) -> Event {
        defer { reset() }
        let line = head.startText ?? []
        guard line.starts(with: "RTSP/1.0 ".utf8) else {
            return .request(sequence: head.fields["cseq"] ?? "")
        }
        do throws(HTTP1Fault) {
            let status = try HTTP1Status(inLine: line.dropFirst(9))
            return .response(
                RTSPResponse(status: status.rawValue, fields: head.fields, body: bytes))
        } catch {
            throw .head(error)
        }
    }
}
