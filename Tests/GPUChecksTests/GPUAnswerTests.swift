// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import GPUChecks

@Suite("Answers of the GPU helper")
struct GPUAnswerTests {
    private func read(_ text: String, by size: Int = 7) throws -> [GPUAnswer] {
        var reader = GPUAnswerReader()
        return try read(text, by: size, &reader)
    }

    private func read(
        _ text: String, by size: Int, _ reader: inout GPUAnswerReader
    ) throws -> [GPUAnswer] {
        let bytes = Array(text.utf8)
        var answers: [GPUAnswer] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = Array(bytes[start..<min(start + size, bytes.count)])
            if let answer = try part.withUnsafeBytes({ try reader.read($0) }) {
                answers.append(answer)
            }
        }
        return answers
    }

    @Test(
        "An answer has devices with numbers and errors, and Xids; by any pieces",
        arguments: [1, 3, 64, 4096])
    func answer(size: Int) throws {
        let text = """
            gpu 1 driver=550.54 devices=2 hidden=1 later=1
            device index=0 uuid=GPU-0 name=NVIDIA_L4 memory-total=100 memory-used=40 temperature=41 new=3
            device index=1 uuid=GPU-1 error=GPU_IS_LOST call=nvmlDeviceGetMemoryInfo
            xid index=1 code=79
            xid code=31
            xid index=1 code=many
            end

            """
        let numbers: [GPUNumber: UInt64] = [.memoryTotal: 100, .memoryUsed: 40, .temperature: 41]
        let lost = GPUError(name: "GPU_IS_LOST", call: "nvmlDeviceGetMemoryInfo")
        let expected = GPUAnswer(
            driver: "550.54", count: 2, hidden: 1,
            devices: [
                GPUReading(index: 0, uuid: "GPU-0", name: "NVIDIA_L4", numbers: numbers),
                GPUReading(index: 1, uuid: "GPU-1", error: lost),
            ],
            xids: [.init(index: 1, code: 79), .init(index: nil, code: 31)])
        #expect(try read(text + text, by: size).last == expected)
    }

    @Test("A text is the rest of its line, and nothing in it steers a terminal")
    func text() throws {
        let answers = try read(
            "gpu 1 error=LIBRARY_NOT_FOUND call=dlopen text=a b=c \u{1b}[31m\nend\n")
        let error = answers.first?.error
        #expect(error?.text == #"a b=c \x1b[31m"#)
        #expect(error?.call == "dlopen")
    }

    @Test("What is no line of an answer is kept as words: the last one")
    func words() throws {
        var reader = GPUAnswerReader()
        let text = "error while loading\ngpu 1 devices=0\nNVRM: oops\nend\n"
        #expect(try read(text, by: 5, &reader).count == 1)
        #expect(reader.words == "NVRM: oops")
        #expect(try read("end\ndevice index=0\nxid code=79\nend\n", by: 4096, &reader).isEmpty)
    }

    @Test("Another version is refused, and so is more than an answer has")
    func refused() throws {
        #expect(throws: GPUAnswerReader.Failure.otherVersion("2")) {
            try read("gpu 2 devices=0\nend\n")
        }
        let flood = String(repeating: "gpu 1\n", count: 1 + GPUAnswerReader.limit / 6)
        #expect(throws: GPUAnswerReader.Failure.tooMuch) { try read(flood, by: 4096) }
        let line = String(repeating: "x", count: 1 + GPUAnswerReader.limit)
        #expect(throws: GPUAnswerReader.Failure.tooMuch) { try read(line, by: 4096) }
    }

    @Test("No bytes stop the reader, and any answer can be judged", arguments: 0..<100)
    func garbage(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let words = [
            "gpu 1\n", "device ", "xid ", "\nend\n", "\n", " ", "=", "index=", "code=", "dbe=",
            "error=",
            "99999999999999999999", "-1", "79", "\u{0}", "é",
        ]
        var reader = GPUAnswerReader()
        for _ in 0..<50 {
            let text = (0..<20).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            do {
                for answer in try read(text, by: 64, &reader) {
                    var history = XidHistory(XidRule())
                    history.take(answer.xids, at: MonotonicTime(nanoseconds: 0))
                    let time = MonotonicTime(nanoseconds: 1)
                    let result = GPULimits().result(of: answer, history, at: time)
                    #expect(result.state != .unknown)
                }
            } catch is GPUAnswerReader.Failure {
                reader = GPUAnswerReader()
            }
        }
    }
}
