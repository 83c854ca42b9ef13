// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTP1Wire

@Suite("A stream of events")
struct ServerSentEventsTests {
    private struct TooLong: Error {}

    private func read(_ pieces: [ArraySlice<UInt8>], limit: Int = 100) -> [String] {
        var events = ServerSentEvents(limit: limit)
        var log: [String] = []
        do throws(TooLong) {
            for piece in pieces {
                // A copy, so that the closure of the bytes throws nothing.
                let bytes = Array(piece)
                var failure: TooLong?
                bytes.withUnsafeBytes { bytes in
                    do throws(TooLong) {
                        try events.receive(bytes, tooLong: TooLong()) {
                            (data: UnsafeRawBufferPointer) throws(TooLong) in
                            log.append(String(decoding: data, as: UTF8.self))
                        }
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
            }
        } catch {
            log.append("\(error)")
        }
        return log
    }

    @Test("Data is found with every kind of line end, wherever the stream is cut")
    func everyCut() {
        let cases: [(String, [String])] = [
            ("data: a\n\ndata: b\n\n", ["a", "b"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
            ("data: a\r\rdata: b\r\r", ["a", "b"]),
            ("data:a\n\n", ["a"]), ("data:  a \n\n", [" a "]), ("data\n\n", [""]),
            ("data: a\ndata: b\n\n", ["a\nb"]),
            (": comment\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", ["a"]),
            ("\n\n\n", []), (": only\n\n", []), ("data: unfinished\n", []),
            ("database: x\n\n", []), ("dat: x\n\n", []),
        ]
        for (text, expected) in cases {
            let bytes = Array(text.utf8)
            for cut in 0...bytes.count {
                #expect(
                    read([bytes[..<cut], bytes[cut...]]) == expected, "\(text.debugDescription)")
            }
            #expect(read(bytes.indices.map { bytes[$0...$0] }) == expected)
        }
    }

    @Test("Neither a line nor an event of many lines grows beyond the limit")
    func limits() {
        let line = Array("data: \(String(repeating: "x", count: 200))".utf8)
        #expect(read([line[...]]) == ["TooLong()"])
        let lines = Array(String(repeating: "data: 0123456789\n", count: 20).utf8)
        #expect(read([lines[...]]) == ["TooLong()"])
        let comments = Array((String(repeating: ": 0123456789\n", count: 50) + "data: a\n\n").utf8)
        #expect(read([comments[...]]) == ["a"])
    }
}
