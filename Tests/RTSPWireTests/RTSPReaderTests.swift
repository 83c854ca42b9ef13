// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import TestSupport
import Testing

@testable import RTSPWire

@Suite("What an RTSP server sends")
struct RTSPReaderTests {
    /// The events of bytes that come `step` at a time, in few words; a fault ends them.
    private func events(_ bytes: [UInt8], step: Int = .max) -> [String] {
        var reader = RTSPReader()
        var log: [String] = []
        var rest = bytes[...]
        do {
            while !rest.isEmpty {
                let piece = Array(rest.prefix(step))
                rest = rest.dropFirst(piece.count)
                try piece.withUnsafeBytes { bytes in
                    var input = bytes
                    while let event = try reader.receive(&input) { log.append(text(event)) }
                }
            }
        } catch {
            log.append((error as? RTSPFault)?.text ?? "\(error)")
        }
        return log
    }

    private func text(_ event: RTSPReader.Event) -> String {
        switch event {
        case .packet(let channel, let bytes): "packet \(channel) \(bytes.count)"
        case .request(let sequence): "request \(sequence)"
        case .response(let response):
            "\(response.status) \(response.sequence ?? -1) \(response.session?.id ?? "") \(response.body.count)"
        }
    }

    private static let conversation =
        Array(
            ("RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, GET_PARAMETER\r\n\r\n"
                + "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 7\r\n\r\nv=0\r\n$\n").utf8)
        + [0x24, 0, 0, 3, 0x80, 0x24, 0x0d] + [0x24, 1, 0, 0]
        + Array(
            ("RTSP/1.0 454 Session Not Found\r\ncseq:3\r\nSession:  ab;timeout=5\r\n\r\n"
                + "OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 9\r\n\r\n").utf8)

    @Test("Responses, requests and packets are told apart, wherever they are cut")
    func cuts() {
        let all = events(Self.conversation)
        #expect(
            all == ["200 1  0", "200 2  7", "packet 0 3", "packet 1 0", "454 3 ab 0", "request 9"])
        for step in 1...Self.conversation.count {
            #expect(events(Self.conversation, step: step) == all)
        }
    }

    @Test(
        "What is no RTSP is refused",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", RTSPFault.notRTSP), ("\u{0}", .notRTSP),
            ("RTSP/2.0 200 OK\r\n\r\n", .notRTSP), ("SSH-2.0-x\r\nab\r\n", .notRTSP),
            ("RTSP/1.0 xx OK\r\n\r\n", .head(.startLine)),
            ("RTSP/1.0 200 OK\r\nno field\r\n\r\n", .head(.fieldSyntax)),
            ("RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", .contentLength),
            ("RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .contentLength),
            ("RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n", .bodyTooLarge),
            ("RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .bodyTooLarge),
        ])
    func refused(text: String, fault: RTSPFault) {
        #expect(events(Array(text.utf8)) == [fault.text])
        #expect(events(Array(text.utf8), step: 1) == [fault.text])
    }

    @Test("A head without an end is refused")
    func bound() {
        let line = "X-Filler: " + String(repeating: "a", count: 1000) + "\r\n"
        let head = "RTSP/1.0 200 OK\r\n" + String(repeating: line, count: 20)
        #expect(events(Array(head.utf8)) == [RTSPFault.head(.headTooLarge).text])
    }

    @Test("Mutated conversations never trap, and a cut changes nothing")
    func mutatedConversations() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let bytes = mutated(Self.conversation, with: &random)
            #expect(events(bytes) == events(bytes, step: .random(in: 1...50, using: &random)))
        }
    }

    @Test(
        "The channel of the packets is the server's choice",
        arguments: [
            ("RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1", UInt8?(4)), ("RTP/AVP/TCP;unicast", 0),
            ("rtp/avp/tcp;Interleaved=2", 2), ("RTP/AVP;unicast;client_port=1-2", nil), ("", nil),
            ("RTP/AVP/TCP;interleaved=999", nil),
        ])
    func channels(transport: String, channel: UInt8?) throws {
        let bytes = Array("RTSP/1.0 200 OK\r\nTransport: \(transport)\r\n\r\n".utf8)
        var reader = RTSPReader()
        let event = try bytes.withUnsafeBytes { bytes in
            var input = bytes
            return try reader.receive(&input)
        }
        guard case .response(let response) = event else {
            Issue.record("no response")
            return
        }
        #expect(response.channel == channel)
        #expect(response.session == nil)
    }

    @Test("A request is written with its number and fields")
    func request() {
        let bytes = RTSPRequest.encode(
            .setup, "rtsp://h/t", sequence: 3, fields: [("Session", "ab")])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "SETUP rtsp://h/t RTSP/1.0\r\nCSeq: 3\r\nSession: ab\r\n\r\n")
    }
}
