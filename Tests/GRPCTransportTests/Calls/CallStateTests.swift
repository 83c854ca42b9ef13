// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GRPCTransport
@testable import GRPCWire

@Suite("The state of a call")
struct CallStateTests {
    private let hello = message([1, 2, 3])

    /// Calls in each state, by its name.
    private static func calls() -> [String: Call] {
        let (awaiting, receiving, rejecting) = (Call(), Call(), Call())
        let (handling, streaming, finishing, ended) = (Call(), Call(), Call(), Call())
        awaiting.state.beganRequest(maxMessageSize: 10, .identity)
        receiving.state.beganRequest(maxMessageSize: 10, .identity)
        _ = receiving.received([0])
        rejecting.state.beganRejection(.methodNotAllowed)
        handling.state.beganStreamingRequest()
        streaming.state.beganStreamingRequest()
        _ = streaming.beganStreaming()
        finishing.state.beganStreamingRequest()
        _ = finishing.answered(message([7]))
        ended.state.end()
        return [
            "idle": Call(), "awaiting": awaiting, "receiving": receiving, "rejecting": rejecting,
            "handling": handling, "streaming": streaming, "finishing": finishing, "ended": ended,
        ]
    }

    private func call(_ state: String) throws -> Call { try #require(Self.calls()[state]) }

    /// What an event does in each state: the action, and the state that follows where it is another one.
    private func table(_ event: (Call) -> String) -> [String: String] {
        Self.calls().mapValues { event($0) }
    }

    // MARK: The request

    @Test("hands a message that is whole at once to its handler, in place")
    func whole() throws {
        let call = try call("awaiting")
        #expect(call.received(prefixed([7]), endStream: true) == "handle [7] -> handling")
    }

    @Test("waits for a message that comes in pieces, and counts what it holds")
    func pieces() throws {
        let call = try call("awaiting")
        #expect(call.received([0, 0, 0]) == "wait -> receiving")
        #expect(call.state.heldBytes == 3)
        #expect(call.received([0, 1, 7]) == "wait -> receiving")
        #expect(call.received([], endStream: true) == "handleCopy [7] false -> handling")
        #expect(call.state.heldBytes == 0)
    }

    @Test("leaves a compressed message for when there is time")
    func deferred() throws {
        let call = Call()
        call.state.beganRequest(maxMessageSize: 100, .gzip)
        let compressed = try #require(message([7]).gzipped)
        #expect(call.received(compressed.bytes, endStream: true) == "deferReading -> receiving")
        #expect(call.continuedReading() == "handleCopy [7] true -> handling")
        #expect(call.continuedReading() == "nothing -> handling")
    }

    @Test("fails a message that is too large, and one that is missing")
    func broken() throws {
        #expect(try call("awaiting").received([0, 0, 0, 0, 11]) == "fail 8 -> receiving")
        #expect(try call("awaiting").received([], endStream: true) == "fail 12 -> receiving")
    }

    @Test("does in each state what has to be done about bytes")
    func bytes() {
        let end = table { $0.received([], endStream: true) }
        #expect(
            end == [
                "idle": "nothing -> idle", "awaiting": "fail 12 -> receiving",
                "receiving": "fail 13 -> receiving", "rejecting": "reject -> rejecting",
                "handling": "forward -> handling", "streaming": "forward -> streaming",
                "finishing": "nothing -> finishing", "ended": "nothing -> ended",
            ])
        #expect(table { $0.received([0]) }["rejecting"] == "discard -> rejecting")
    }

    // MARK: The answer

    @Test("takes a single answer from a handler, and from nothing else")
    func answered() {
        let answered = table { $0.answered(message([1])) }
        #expect(
            answered == [
                "idle": "nothing -> idle", "awaiting": "nothing -> awaiting",
                "receiving": "nothing -> receiving", "rejecting": "nothing -> rejecting",
                "handling": "begin -> finishing", "streaming": "resume -> finishing",
                "finishing": "nothing -> finishing", "ended": "nothing -> ended",
            ])
    }

    @Test("sends a single answer in as many steps as it takes, then the trailers")
    func sends() throws {
        let call = try call("handling")
        _ = call.answered(hello)
        #expect(call.write(3) == "\(Array(hello.bytes[..<3])) full -> finishing")
        #expect(call.write(0) == "[] full -> finishing")
        #expect(call.write(9) == "\(Array(hello.bytes[3...])) last with trailers -> ended")
        #expect(call.write(9) == "[] none -> ended")
    }

    @Test("begins an answer of several messages once")
    func begins() {
        let began = table { $0.beganStreaming() }
        #expect(began["handling"] == "begin -> streaming")
        for (state, action) in began where state != "handling" {
            #expect(action == "nothing -> \(state)")
        }
    }

    @Test("asks the handler for each message when the one before it is sent")
    func asks() throws {
        let call = try call("streaming")
        #expect(call.write(6) == "[] ask -> streaming")
        call.state.took(hello)
        #expect(call.write(6) == "\(Array(hello.bytes[..<6])) full -> streaming")
        #expect(call.write(6) == "\(Array(hello.bytes[6...])) ask -> streaming")
    }

    @Test("resumes the body of an answer that has begun, and no other")
    func due() {
        let due = table { $0.becameDue() }
        #expect(due["streaming"] == "resume -> streaming")
        for (state, action) in due where state != "streaming" {
            #expect(action == "nothing -> \(state)")
        }
    }

    @Test("ends with a status in one header block, or in the trailers of an answer that has begun")
    func failed() throws {
        let failed = table { $0.failed() }
        #expect(
            failed == [
                "idle": "respond -> ended", "awaiting": "respond -> ended",
                "receiving": "respond -> ended", "rejecting": "nothing -> rejecting",
                "handling": "respond -> ended", "streaming": "resume -> finishing",
                "finishing": "resume -> finishing", "ended": "nothing -> ended",
            ])
        let call = try call("streaming")
        call.state.took(hello)
        _ = call.failed()
        #expect(call.write(9) == "\(hello.bytes) last with trailers -> ended")
    }

    @Test("answers in plain HTTP what is not gRPC")
    func rejected() throws {
        let rejected = table { $0.rejected() }
        #expect(rejected["rejecting"] == "respondPlain true -> finishing")
        for (state, action) in rejected where state != "rejecting" {
            #expect(action == "nothing -> \(state)")
        }
        let call = try call("rejecting")
        _ = call.rejected()
        let text = HTTPRejection.methodNotAllowed.text.description
        #expect(call.write(99) == "\(Array(text.utf8)) last -> ended")
        let head = Call()
        head.state.beganRejection(.methodNotAllowed.answering(isHead: true))
        #expect(head.rejected() == "respondPlain false -> finishing")
    }

    @Test("takes no message once its stream has closed")
    func closed() throws {
        let call = try call("streaming")
        call.state.end()
        call.state.took(hello)
        #expect(call.write(9) == "[] none -> ended")
    }

    // MARK: The client

    @Test("waits for the rest of a request, and for the client to take an answer")
    func waits() throws {
        let open = table { "\($0.wait(isRequestComplete: false))" }
        let complete = table { "\($0.wait(isRequestComplete: true))" }
        for state in ["idle", "awaiting", "receiving", "rejecting"] {
            #expect(open[state] == "request" && complete[state] == "nothing")
        }
        for state in ["handling", "streaming", "ended"] {
            #expect(open[state] == "nothing" && complete[state] == "nothing")
        }
        #expect(open["finishing"] == "answer" && complete["finishing"] == "answer")
    }

    @Test("waits for the client to take a message that its handler has")
    func waitsWhenDue() throws {
        let call = try call("streaming")
        _ = call.becameDue()
        #expect(call.wait(isRequestComplete: true) == "answer")
        _ = call.write(9)
        #expect(call.wait(isRequestComplete: true) == "nothing")
        call.state.took(hello)
        #expect(call.wait(isRequestComplete: true) == "answer")
    }

    @Test("tells what to do about a client that has taken too long")
    func timedOut() {
        let actions = table { "\($0.state.timedOut())" }
        for (state, action) in actions {
            let expected = ["awaiting": "fail", "receiving": "fail", "rejecting": "reject"]
            #expect(action == expected[state] ?? "reset")
        }
    }
}

/// A state, and what each event makes of it, in words: `action -> state`.
private final class Call {
    var state = CallState.idle

    func received(_ bytes: [UInt8], endStream: Bool = false) -> String {
        bytes.withUnsafeBytes { line(state.received($0, endStream: endStream)) }
    }

    func continuedReading() -> String {
        var (allowance, budget) = (1 << 20, 1 << 20)
        return line(state.continueReading(&allowance, &budget))
    }

    func answered(_ message: EncodedMessage) -> String {
        line(state.answered(message, trailers: ResponseFields.trailers(.ok)))
    }

    func beganStreaming() -> String { line(state.beganStreaming()) }

    func becameDue() -> String { line(state.becameDue()) }

    func failed() -> String { line(state.failed(Status(.aborted, ""))) }

    func rejected() -> String { line(state.rejected()) }

    /// The bytes that a buffer of `size` takes, and the action.
    func write(_ size: Int) -> String {
        var buffer = [UInt8](repeating: 0, count: size)
        var offset = 0
        let action = buffer.withUnsafeMutableBytes { state.write(into: $0, at: &offset) }
        let bytes = Array(buffer[..<offset])
        switch action {
        case .full: return "\(bytes) full -> \(name)"
        case .ask: return "\(bytes) ask -> \(name)"
        case .last(let trailers):
            return "\(bytes) last\(trailers == nil ? "" : " with trailers") -> \(name)"
        case .none: return "\(bytes) none -> \(name)"
        }
    }

    func wait(isRequestComplete: Bool) -> String {
        state.wait(isRequestComplete: isRequestComplete).map { "\($0)" } ?? "nothing"
    }

    private func line(_ action: CallState.OnData) -> String {
        switch action {
        case .handle(let message): "handle \(Array(message)) -> \(name)"
        case .handleCopy(let message, let wasCompressed):
            "handleCopy \(message) \(wasCompressed) -> \(name)"
        case .fail(let status): "fail \(status.code.rawValue) -> \(name)"
        case .nothing, .wait, .discard, .deferReading, .forward, .reject: "\(action) -> \(name)"
        }
    }

    private func line(_ action: CallState.OnAnswer) -> String {
        switch action {
        case .respond: "respond -> \(name)"
        case .respondPlain(_, let hasBody): "respondPlain \(hasBody) -> \(name)"
        case .nothing, .begin, .resume: "\(action) -> \(name)"
        }
    }

    private var name: String {
        switch state {
        case .idle: "idle"
        case .awaiting: "awaiting"
        case .receiving: "receiving"
        case .rejecting: "rejecting"
        case .handling: "handling"
        case .streaming: "streaming"
        case .finishing: "finishing"
        case .ended: "ended"
        }
    }
}
