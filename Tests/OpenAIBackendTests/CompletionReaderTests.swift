// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Inference
import TestSupport
import Testing

@testable import OpenAIBackend

@Suite("A reader of completions")
struct CompletionReaderTests {
    private static func configuration(key: String = "") -> UpstreamConfiguration {
        var configuration = UpstreamConfiguration(url: UpstreamURL("http://a")!, model: "m")
        configuration.key = key
        return configuration
    }

    /// What the events come to.
    private func stream(
        _ events: String..., key: String = ""
    ) -> Result<Completion, UpstreamFailure> {
        var reader = CompletionReader(
            Self.configuration(key: key), CompletionReader.Limits(maxTokens: 128))
        do throws(UpstreamFailure) {
            for event in events {
                let bytes = Array("data: \(event)\n\n".utf8)
                try bytes.withUnsafeBufferPointer { bytes throws(UpstreamFailure) in
                    try reader.receive(UnsafeRawBufferPointer(bytes))
                }
            }
            return .success(try reader.completion())
        } catch {
            return .failure(error)
        }
    }

    private func whole(_ object: String) -> Result<Completion, UpstreamFailure> {
        var reader = CompletionReader(Self.configuration(), CompletionReader.Limits(maxTokens: 128))
        do throws(UpstreamFailure) {
            try Array(object.utf8).withUnsafeBufferPointer { bytes throws(UpstreamFailure) in
                try reader.takeWhole(UnsafeRawBufferPointer(bytes))
            }
            return .success(try reader.completion())
        } catch {
            return .failure(error)
        }
    }

    private static func text(_ text: String, _ rest: String = #","finish_reason":null"#) -> String {
        #"{"choices":[{"index":0,"text":"\#(text)"\#(rest)}]}"#
    }
    private static let stop = text("", #","finish_reason":"stop""#)

    @Test("The chunks of the text are joined, and counted when there is no usage")
    func pieces() {
        let expected = Completion(
            text: "Hi \u{1F600}\u{0}!", confidence: 0, tokenCount: 3, finishReason: .stop)
        let face = #"\ud83d\ude00\u0000"#
        let events = [Self.text("Hi "), Self.text(face), Self.text("!"), Self.stop]
        #expect(stream(events[0], events[1], events[2], events[3], "[DONE]") == .success(expected))
        #expect(stream(events[0], events[1], events[2], events[3]) == .success(expected))
        // Nothing after the end counts.
        #expect(
            stream(events[0], events[1], events[2], events[3], "[DONE]", "x") == .success(expected))
    }

    @Test("The upstream's usage counts, also in an event of its own")
    func usage() throws {
        let usage = #"{"choices":[],"usage":{"completion_tokens":7}}"#
        #expect(try stream(Self.text("a"), Self.stop, usage, "[DONE]").get().tokenCount == 7)
        for bad in ["-1", "1.5", "\"7\"", "null", "99999999999999999999999"] {
            let usage = #"{"choices":[],"usage":{"completion_tokens":\#(bad)}}"#
            let count = try? stream(Self.text("a"), Self.stop, usage, "[DONE]").get().tokenCount
            #expect(count == 1 || count == nil, "\(bad)")
        }
        let huge = #"{"choices":[],"usage":{"completion_tokens":9000000000000}}"#
        #expect(try stream(Self.text("a"), Self.stop, huge).get().tokenCount == .max)
    }

    @Test("The last choices may be without a text, as those of LiteLLM are, but not all")
    func withoutText() throws {
        let last = #"{"choices":[{"finish_reason":"stop","index":0}]}"#
        let usage = #"{"choices":[{"index":0,"text":null}],"usage":{"completion_tokens":2}}"#
        let expected = Completion(text: "a", confidence: 0, tokenCount: 2, finishReason: .stop)
        #expect(stream(Self.text("a"), last, usage, "[DONE]") == .success(expected))
        let chat = #"{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}"#
        #expect(stream(chat, "[DONE]") == .failure(.malformed("it has no text")))
    }

    @Test("Finish reasons are translated; unknown and missing ones are errors")
    func finishReasons() throws {
        for (reason, expected) in [
            ("stop", Completion.FinishReason.stop), ("length", .length), ("content_filter", .error),
        ] {
            let last = Self.text("a", #","finish_reason":"\#(reason)""#)
            #expect(try stream(last, "[DONE]").get().finishReason == expected)
        }
        #expect(try stream(Self.text("a"), "[DONE]").get().finishReason == .error)
    }

    @Test("Confidence is the mean probability of the tokens, when the upstream sends it")
    func confidence() throws {
        let plain = Self.text(
            "a", #","finish_reason":"stop","logprobs":{"token_logprobs":[0,null]}"#)
        #expect(try stream(plain).get().confidence == 1)
        let half = #","finish_reason":"stop","logprobs":{"content":[{"logprob":-0.6931471805}]}"#
        #expect(abs(try stream(Self.text("a", half)).get().confidence - 0.5) < 0.001)
        for bad in ["[1]", "[\"x\"]", "3", "[-1e999]", "null", "{}"] {
            let odd = Self.text(
                "a", #","finish_reason":"stop","logprobs":{"token_logprobs":\#(bad)}"#)
            let confidence = try? stream(odd).get().confidence
            #expect(confidence == 0 || confidence == nil, "\(bad)")
        }
    }

    @Test("A stream without its end is cut off, one without choices is malformed")
    func incomplete() {
        #expect(stream() == .failure(.cutOff))
        #expect(stream(Self.text("a")) == .failure(.cutOff))
        #expect(stream("[DONE]") == .failure(.malformed("it has no text")))
    }

    @Test(
        "Malformed answers are reported, whatever is wrong",
        arguments: [
            "", "x", "{", "{}", "[]", "null", "7", #"{"choices":{}}"#, #"{"choices":null}"#,
            #"{"choices":[1]}"#, #"{"choices":[{"text":1}]}"#,
            #"{"choices":[{"text":"\ud83d"}]}"#, #"{"choices":[]} x"#, "\u{0}",
            String(repeating: "[", count: 100_000),
        ])
    func nonsense(_ event: String) {
        guard case .failure(.malformed) = stream(event, Self.stop, "[DONE]") else {
            Issue.record("taken: \(event.prefix(50))")
            return
        }
    }

    @Test("Bytes that are not UTF-8 are malformed")
    func notUTF8() {
        var reader = CompletionReader(Self.configuration(), CompletionReader.Limits(maxTokens: 128))
        let bytes =
            Array(#"data: {"choices":[{"text":""#.utf8) + [0xff, 0xfe] + Array("\"}]}\n\n".utf8)
        #expect(throws: UpstreamFailure.malformed("it is not valid JSON")) {
            try bytes.withUnsafeBytes { try reader.receive($0) }
        }
    }

    @Test(
        "An error in the stream is reported, printable and bounded, and never with the key")
    func errors() {
        let error = #"{"error":{"code":503,"message":"no\u001b[2J slot"}}"#
        #expect(
            stream(Self.text("a"), error)
                == .failure(.refused(status: 503, message: "no\\x1b[2J slot")))
        #expect(stream(#"{"error":"bad"}"#) == .failure(.malformed("it is an error: bad")))
        let repeating = #"{"error":{"code":400,"message":"key sk-secret-123 is bad"}}"#
        #expect(
            stream(repeating, key: "sk-secret-999") == .failure(.refused(status: 400, message: "")))
        let long = #"{"error":{"code":400,"message":"\#(String(repeating: "x", count: 5000))"}}"#
        guard case .failure(.refused(400, let message)) = stream(long) else {
            Issue.record("no refusal")
            return
        }
        #expect(message.utf8.count < 220)
    }

    @Test("An answer in one object is read as well")
    func wholeAnswer() throws {
        let object =
            #"{"choices":[{"text":"all","finish_reason":"length"}],"usage":{"completion_tokens":2}}"#
        let expected = Completion(text: "all", confidence: 0, tokenCount: 2, finishReason: .length)
        #expect(whole(object) == .success(expected))
        #expect(whole("") == .failure(.malformed("it is not valid JSON")))
        #expect(whole(#"{"choices":[]}"#) == .failure(.malformed("it has no text")))
    }

    @Test("Damaged streams end in a completion or a failure, and never trap")
    func damaged() {
        var generator = SplitMix64(seed: 13)
        let good = Array(
            "data: \(Self.text("Hi"))\n\ndata: \(Self.stop)\n\ndata: [DONE]\n\n".utf8)
        var failures = 0
        for _ in 0..<2000 {
            var reader = CompletionReader(
                Self.configuration(), CompletionReader.Limits(maxTokens: 128))
            do {
                try mutated(good, with: &generator).withUnsafeBytes { try reader.receive($0) }
                _ = try reader.completion()
            } catch {
                failures += 1
            }
        }
        #expect(failures > 500 && failures < 2000)
    }

    @Test(
        "An answer that is larger, deeper or has more values than its tokens need is rejected before it is parsed"
    )
    func limits() {
        let limits = CompletionReader.Limits(maxTokens: 128)
        func answer(_ extra: String) -> String {
            #"{"choices":[{"text":"a","finish_reason":"stop"}],"x":\#(extra)}"#
        }
        func array(_ count: Int) -> String {
            "[" + String(repeating: "0,", count: count - 1) + "0]"
        }
        #expect((try? whole(answer(array(limits.values - 100))).get()) != nil)
        let tooMany = UpstreamFailure.malformed("it has more values than an answer needs")
        #expect(whole(answer(array(limits.values))) == .failure(tooMany))
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(whole(answer(deep)) == .failure(tooMany))
        #expect((try? whole(answer(#""[[[[\"[[[[,,,,""#)).get()) != nil)
        let long = Self.text(String(repeating: "x", count: limits.text + 1))
        #expect(
            whole(long) == .failure(.malformed("its text has more than \(limits.text) bytes")))
    }
}

@Suite("A request for completions")
struct CompletionRequestTests {
    @Test("It asks for what the client asked for, in a stream")
    func encoded() {
        var request = InferRequest(prompt: "a \"b\"\n\u{0}\u{e9}")
        let start = #"{"model":"m\\","prompt":"a \"b\"\n\u0000é","max_tokens":128,"#
        let sampling = #""temperature":0.7,"top_p":0.95,"#
        let end = #""stream":true,"stream_options":{"include_usage":true}}"#
        func text() -> String {
            String(decoding: CompletionRequest.encode(request, model: "m\\"), as: UTF8.self)
        }
        #expect(text() == start + sampling + end)
        request.stop = ["\n", "END"]
        #expect(text() == start + sampling + #""stop":["\n","END"],"# + end)
    }
}

@Suite("A failure of the upstream")
struct UpstreamFailureTests {
    @Test("Each status of the upstream becomes one of gRPC's")
    func statuses() {
        let cases: [(Int, StatusCode)] = [
            (301, .failedPrecondition), (400, .invalidArgument), (401, .failedPrecondition),
            (403, .failedPrecondition), (404, .failedPrecondition), (408, .unavailable),
            (409, .failedPrecondition), (413, .failedPrecondition), (422, .invalidArgument),
            (429, .resourceExhausted), (500, .unavailable), (503, .unavailable),
            (201, .internal),
        ]
        for (code, expected) in cases {
            let status = UpstreamFailure.refused(status: code, message: "why").status
            #expect(status.code == expected, "\(code)")
            // What it says about a key may be the key.
            #expect(status.message.contains("why") == ![401, 403].contains(code))
        }
        #expect(UpstreamFailure.unreachable(reason: "x").status.code == .unavailable)
        #expect(UpstreamFailure.unanswered.status.code == .unavailable)
        #expect(UpstreamFailure.cutOff.status.code == .internal)
        #expect(UpstreamFailure.malformed("x").status.code == .internal)
    }
}
