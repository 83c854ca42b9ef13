// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Logging
import ProtobufWire
import TestSupport
import Testing

@testable import OTLPExport

@Suite("What the log is told of pushes")
struct PushLogTests {
    private let recorded = RecordedLog()

    private func failure(_ code: StatusCode, _ text: String = "") -> PushFailure {
        PushFailure(Status(code, text), details: [])
    }

    private func answer(_ rejected: UInt64, _ text: String) throws -> PushAnswer {
        var writer = FieldWriter()
        writer.message(1) {
            $0.varint(1, rejected)
            $0.text(2, text)
        }
        return try PushAnswer(writer.bytes)
    }

    @Test("A cause is told once until pushes work again, and then that they do")
    func onceACause() {
        var log = PushLog(recorded.logger, endpoint: "http://c:4317")
        log.delivered(PushAnswer())
        for number in 0..<5 {
            log.failed(failure(.unavailable, "request \(number)"))
            log.failed(failure(.deadlineExceeded))
        }
        log.delivered(PushAnswer())
        log.delivered(PushAnswer())
        log.failed(failure(.unavailable))
        #expect(
            recorded.lines == [
                "metrics were not pushed: UNAVAILABLE: request 0",
                "metrics were not pushed: DEADLINE_EXCEEDED", "metrics are pushed again",
                "metrics were not pushed: UNAVAILABLE",
            ])
    }

    @Test("A cause that changes each time is told a few times")
    func bounded() {
        var log = PushLog(recorded.logger, endpoint: "")
        for number in UInt32(20)..<100 { log.failed(failure(StatusCode(rawValue: number))) }
        #expect(recorded.lines.count == 8)
    }

    @Test("A partial success is told when it begins and when its text changes")
    func partialSuccess() throws {
        var log = PushLog(recorded.logger, endpoint: "")
        for count: UInt64 in [3, 4, 5] { log.delivered(try answer(count, "too old")) }
        log.delivered(try answer(5, "too new"))
        log.delivered(PushAnswer())
        log.delivered(try answer(0, "deprecated"))
        #expect(
            recorded.lines == [
                "the collector did not take all metrics: too old",
                "the collector did not take all metrics: too new",
                "the collector did not take all metrics: deprecated",
            ])
    }
}
