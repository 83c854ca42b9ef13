// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct LogOutputTests {
    @Test("A JSON line parses, whatever is in the message and the fields")
    func jsonLineParses() throws {
        let nasty = "quote \" backslash \\ newline \n escape \u{1b}[31m null \u{0} é 漢"
        let line = LogOutput.json("t", .warning, nasty, [("key \"", "\(nasty)")])
        #expect(!line.contains("\n"))
        let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(parsed?["message"] == nasty)
        #expect(parsed?["key \""] == nasty)
        #expect(parsed?["level"] == "warning")
    }

    @Test(
        "A number of a field is a number in JSON, and so it is within a list or a group of fields")
    func jsonNumbers() {
        let line = LogOutput.json(
            "t", .info, "m",
            [
                ("a", .stringConvertible(UInt64.max)), ("b", .stringConvertible(1.5)),
                ("c", .stringConvertible(true)), ("d", .stringConvertible(Double.nan)),
                ("e", "7"), ("f", ["y": .stringConvertible(-1), "x": "\"q\""]),
                ("g", [.stringConvertible(2), "z"]),
            ])
        let fields =
            #"{"time":"t","level":"info","message":"m","a":18446744073709551615,"b":1.5,"c":true,"#
            + #""d":"nan","e":"7","f":{"x":"\"q\"","y":-1},"g":[2,"z"]}"#
        #expect(line == fields)
    }

    @Test("A text line never carries raw control characters")
    func textLineIsSafe() {
        let line = LogOutput.text("t", .info, "listening", [("address", "a\u{1b}[2Jb")])
        #expect(line == "t INFO listening address=\"a\\u001b[2Jb\"")
    }

    @Test(
        "What ends a line or turns the direction of text is escaped in messages and fields",
        arguments: [
            0x202a...0x202e, 0x2066...0x2069, 0x2028...0x2029, 0x200e...0x200f, 0x61c...0x61c,
            0x80...0x9f, 0...0x1f, 0x7f...0x7f,
        ])
    func invisible(_ range: ClosedRange<UInt32>) {
        for value in range {
            let nasty = "a" + String(Unicode.Scalar(value)!) + "b"
            for line in [
                LogOutput.json("t", .info, nasty, [(nasty, "\(nasty)")]),
                LogOutput.text("t", .info, nasty, [("key", "\(nasty)")]),
            ] {
                let isPlain = line.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) }
                #expect(isPlain, "\(line)")
            }
        }
    }

    @Test("A pipe that nobody reads holds nobody up; whoever reads it again is told what was lost")
    func fullPipe() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        var text = ""
        do {
            var logger = Logger(label: "test") { _ in
                LogOutput(level: .info, format: .text, descriptor: ends[1])
            }
            logger[metadataKey: "filler"] = "\(String(repeating: "x", count: 9_000))"
            for number in 0..<100 { logger.info("first \(number)") }
            text = String(decoding: reader.availableData, as: UTF8.self)
            logger.info("second")
        }
        close(ends[1])
        text += String(decoding: try reader.readToEnd() ?? Data(), as: UTF8.self)

        let lines = text.split(separator: "\n")
        let whole = lines.filter { $0.contains("INFO first") && $0.hasSuffix("x\"") }.count
        #expect(whole > 1 && whole < 100)
        #expect(lines.last?.contains("INFO second filler=") == true)
        let note = "WARNING log lines were lost count=\(100 - whole)"
        #expect(lines[lines.count - 2].hasSuffix(note))
    }

    @Test("A socket that nobody reads holds nobody up, and one that nobody has is no error")
    func fullSocket() throws {
        var ends: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let logger = Logger(label: "test") { _ in
            LogOutput(level: .info, format: .json, descriptor: ends[1])
        }
        for _ in 0..<1_000 { logger.info("\(String(repeating: "x", count: 1_000))") }
        close(ends[0])
        logger.info("nobody")
        close(ends[1])
        logger.info("nowhere")
    }
}
