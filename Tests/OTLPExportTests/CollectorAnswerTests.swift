// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import ProtobufWire
import SystemIO
import TestSupport
import Testing

@testable import OTLPExport

@Suite("What a collector answers")
struct CollectorAnswerTests {
    private func status(
        type: String = "type.googleapis.com/google.rpc.RetryInfo",
        _ duration: (inout FieldWriter) -> Void
    ) -> [UInt8] {
        var status = FieldWriter()
        status.varint(1, 8)
        status.text(2, "later")
        status.message(3) { any in
            any.text(1, "type.googleapis.com/google.rpc.BadRequest")
            any.data(2, [0x0a, 0])
        }
        status.message(3) { any in
            any.text(1, type)
            any.message(2) { $0.message(1, duration) }
        }
        return status.bytes
    }

    @Test("The delay stands in a RetryInfo among the details")
    func retryInfo() {
        let details = status {
            $0.varint(1, 2)
            $0.varint(2, 500_000_000)
        }
        #expect(RetryInfo.delay(in: details) == .milliseconds(2500))
        #expect(RetryInfo.delay(in: status { _ in }) == .zero)
        #expect(RetryInfo.delay(in: status(type: "google.rpc.Help") { $0.varint(1, 2) }) == nil)
        #expect(RetryInfo.delay(in: []) == nil)
    }

    @Test("A delay that is negative or absurd is none")
    func oddDelays() {
        let negative = UInt64(bitPattern: -1)
        for number: UInt32 in [1, 2] {
            #expect(RetryInfo.delay(in: status { $0.varint(number, negative) }) == nil)
            #expect(RetryInfo.delay(in: status { $0.varint(number, .max >> 1) }) == nil)
        }
    }

    @Test("Bytes that are cut or changed give some delay or none, and no trap")
    func anyBytes() {
        let details = status { $0.varint(1, 2) }
        for count in details.indices { _ = RetryInfo.delay(in: Array(details[..<count])) }
        var random = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            var changed = details
            changed[Int.random(in: 0..<changed.count, using: &random)] = .random(
                in: 0...255, using: &random)
            if let delay = RetryInfo.delay(in: changed) { #expect(delay >= .zero) }
            _ = try? PushAnswer(changed)
        }
    }

    @Test("A partial success has a number and a text; the text is made fit for a log")
    func partialSuccess() throws {
        #expect(try PushAnswer([]) == PushAnswer())
        var message = FieldWriter()
        message.message(1) {
            $0.varint(1, 7)
            $0.text(2, "too old\n")
        }
        var answer = try PushAnswer(message.bytes)
        #expect(answer.rejectedPoints == 7)
        #expect(answer.text == "too old\\n")
        answer.add(answer)
        #expect(answer.rejectedPoints == 14)
        var negative = FieldWriter()
        negative.message(1) { $0.varint(1, UInt64(bitPattern: -5)) }
        #expect(try PushAnswer(negative.bytes).rejectedPoints == 0)
    }

    @Test("Which statuses may pass is the table of OTLP")
    func statuses() {
        let passing: [StatusCode] = [
            .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss,
        ]
        let details = status { $0.varint(1, 9) }
        for number in UInt32(1)...20 {
            let code = StatusCode(rawValue: number)
            let plain = PushFailure(Status(code, ""), details: []).result
            let delayed = PushFailure(Status(code, ""), details: details).result
            if passing.contains(code) {
                #expect(plain == .failedForNow(retryAfter: nil))
                #expect(delayed == .failedForNow(retryAfter: .seconds(9)))
            } else if code == .resourceExhausted {
                #expect(plain == .failedForGood)
                #expect(delayed == .failedForNow(retryAfter: .seconds(9)))
            } else {
                #expect(plain == .failedForGood)
                #expect(delayed == .failedForGood)
            }
        }
    }

    @Test("The cause of a status is its code, whatever the collector adds; a wrong port has a hint")
    func causes() {
        let first = PushFailure(Status(.unavailable, "request 1"), details: [])
        let second = PushFailure(Status(.unavailable, "request 2"), details: [])
        #expect(first.cause == second.cause)
        #expect(first.text == "UNAVAILABLE: request 1")
        #expect(PushFailure(Status(StatusCode(rawValue: 99), ""), details: []).text == "status 99")
        #expect(PushFailure(ConnectionError.http1).hint?.contains("4318") == true)
        #expect(PushFailure(ConnectionError.needsTLS).hint?.contains("https://") == true)
        #expect(PushFailure(ConnectionError.closed).result == .failedForNow(retryAfter: nil))
    }
}
