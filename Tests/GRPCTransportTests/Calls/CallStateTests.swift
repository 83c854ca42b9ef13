// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GRPCTransport
@testable import GRPCWire

@Suite("The state of a call")
struct CallStateTests {
    private let hello = message([1, 2, 3])

    /// A call for a method that takes one message of 10 bytes at most.
    private func receiving() -> CallState {
        var state = CallState.idle
        state.beganRequest(maxMessageSize: 10, .identity)
        return state
    }

    private func handling() -> CallState {
        var state = CallState.idle
        state.beganStreamingRequest()
        return state
    }

    private func streaming() -> CallState {
        var state = handling()
        _ = state.beganStreaming()
        return state
    }

    private func finishing() -> CallState {
        var state = handling()
        _ = state.answered(hello, trailers: ResponseFields.trailers(.ok))
        return state
    }

    private func rejecting() -> CallState {
        var state = CallState.idle
        state.beganRejection(.methodNotAllowed)
        return state
    }

    private func receive(
        _ bytes: [UInt8], endStream: Bool = false, _ state: inout CallState
    ) -> String {
        bytes.withUnsafeBytes { line(state.received($0, endStream: endStream)) }
    }

    /// The bytes of a body that a buffer of `size` takes, and what is to be done then.
    private func write(_ size: Int, _ state: inout CallState) -> String {
        var buffer = [UInt8](repeating: 0, count: size)
        var offset = 0
        let action = buffer.withUnsafeMutableBytes { line(state.write(into: $0, at: &offset)) }
        return "\(buffer[..<offset].map(\.self)) \(action)"
    }

    // MARK: The request

    @Test("receives a message that is whole at once in place")
    func whole() {
        var state = receiving()
        #expect(state.name == "receiving")
        #expect(receive(prefixed([7]), endStream: true, &state) == "handle [7]")
        #expect(state.name == "handling")
    }

    @Test("waits for a message that comes in pieces, and counts what it holds")
    func pieces() {
        var state = receiving()
        #expect(receive([0, 0, 0], &state) == "wait")
        #expect(state.name == "receiving" && state.heldBytes == 3)
        #expect(receive([0, 1, 7], &state) == "wait")
        #expect(receive([], endStream: true, &state) == "handleCopy [7] false")
        #expect(state.name == "handling" && state.heldBytes == 0)
    }

    @Test("leaves a compressed message for later")
    func deferred() throws {
        var state = CallState.idle
        state.beganRequest(maxMessageSize: 100, .gzip)
        let compressed = try #require(message([7]).gzipped)
        #expect(receive(compressed.bytes, endStream: true, &state) == "deferReading")
        #expect(state.name == "receiving")
        var (allowance, budget) = (1 << 20, 1 << 20)
        #expect(line(state.continueReading(&allowance, &budget)) == "handleCopy [7] true")
        #expect(state.name == "handling")
        #expect(line(state.continueReading(&allowance, &budget)) == "nothing")
    }

    @Test("fails a message that is too large")
    func tooLarge() {
        var state = receiving()
        #expect(receive([0, 0, 0, 0, 11], &state) == "fail 8")
        #expect(line(state.failed(Status(.resourceExhausted, ""))) == "respond")
        #expect(state.name == "ended")
    }

    @Test("gives bytes to a handler that reads them itself, whatever it has answered")
    func forwarded() {
        var handling = handling()
        #expect(receive([1], &handling) == "forward" && handling.name == "handling")
        var streaming = streaming()
        #expect(receive([1], &streaming) == "forward" && streaming.name == "streaming")
    }

    @Test("ignores bytes before its header block, and once the answer is known")
    func ignored() {
        var idle = CallState.idle
        #expect(receive([1], &idle) == "nothing" && idle.name == "idle")
        var finishing = finishing()
        #expect(receive([1], &finishing) == "nothing" && finishing.name == "finishing")
        var ended = CallState.ended
        #expect(receive([1], &ended) == "nothing" && ended.name == "ended")
    }

    @Test("awaits the end of a request that is not gRPC, then answers it in plain HTTP")
    func rejected() {
        let text = HTTPRejection.methodNotAllowed.text.description
        var state = rejecting()
        #expect(receive([1], &state) == "discard" && state.name == "rejecting")
        #expect(receive([1], endStream: true, &state) == "reject" && state.name == "rejecting")
        #expect(line(state.rejected()) == "respondPlain true" && state.name == "finishing")
        #expect(line(state.rejected()) == "nothing")
        #expect(write(100, &state) == "\(Array(text.utf8)) last")
        #expect(state.name == "ended")
    }

    // MARK: The answer

    @Test("sends the one answer of a handler, then the trailers")
    func answered() {
        var state = handling()
        #expect(line(state.answered(hello, trailers: ResponseFields.trailers(.ok))) == "begin")
        #expect(state.name == "finishing")
        #expect(write(3, &state) == "\(Array(hello.bytes[..<3])) full")
        #expect(state.name == "finishing")
        #expect(write(10, &state) == "\(Array(hello.bytes[3...])) last")
        #expect(state.name == "ended")
        #expect(write(10, &state) == "[] none")
    }

    @Test("sends the one answer of a handler after initial metadata")
    func answeredLate() {
        var state = streaming()
        #expect(line(state.answered(hello, trailers: ResponseFields.trailers(.ok))) == "resume")
        #expect(state.name == "finishing")
    }

    @Test("begins an answer of several messages once")
    func began() {
        var state = handling()
        #expect(line(state.beganStreaming()) == "begin" && state.name == "streaming")
        #expect(line(state.beganStreaming()) == "nothing" && state.name == "streaming")
        var late = finishing()
        #expect(line(late.beganStreaming()) == "nothing" && late.name == "finishing")
    }

    @Test("asks the handler for each message when the one before is sent")
    func asks() {
        var state = streaming()
        #expect(write(6, &state) == "[] ask")
        state.took(hello)
        #expect(write(6, &state) == "\(Array(hello.bytes[..<6])) full")
        #expect(write(6, &state) == "\(Array(hello.bytes[6...])) ask")
        #expect(state.name == "streaming")
    }

    @Test("fails before its answer in one header block, after it in trailers")
    func failed() {
        let status = Status(.aborted, "")
        var before = handling()
        #expect(line(before.failed(status)) == "respond" && before.name == "ended")
        var after = streaming()
        after.took(hello)
        #expect(line(after.failed(status)) == "resume" && after.name == "finishing")
        #expect(write(10, &after) == "\(hello.bytes) last")
        var late = finishing()
        #expect(line(late.failed(status)) == "resume" && late.name == "finishing")
        #expect(line(late.failed(status)) == "resume")
        var ended = CallState.ended
        #expect(line(ended.failed(status)) == "nothing" && ended.name == "ended")
        var rejecting = rejecting()
        #expect(line(rejecting.failed(status)) == "nothing" && rejecting.name == "rejecting")
    }

    @Test("ends in each state when its stream closes")
    func closed() {
        var state = streaming()
        state.end()
        #expect(state.name == "ended" && line(state.becameDue()) == "nothing")
        state.took(hello)
        #expect(state.name == "ended" && write(10, &state) == "[] none")
    }

    // MARK: The client

    @Test("waits for the rest of a request, not for messages that a handler reads itself")
    func waitsForRequest() {
        #expect(wait(receiving(), isRequestComplete: false) == .request)
        #expect(wait(receiving(), isRequestComplete: true) == nil)
        #expect(wait(rejecting(), isRequestComplete: false) == .request)
        #expect(wait(handling(), isRequestComplete: false) == nil)
        #expect(wait(.ended, isRequestComplete: false) == nil)
    }

    @Test("waits for the client to take what there is")
    func waitsForAnswer() {
        var state = streaming()
        #expect(wait(state, isRequestComplete: true) == nil)
        #expect(line(state.becameDue()) == "resume")
        #expect(wait(state, isRequestComplete: true) == .answer)
        #expect(write(10, &state) == "[] ask")
        #expect(wait(state, isRequestComplete: true) == nil)
        state.took(hello)
        #expect(wait(state, isRequestComplete: false) == .answer)
        #expect(wait(finishing(), isRequestComplete: true) == .answer)
    }

    @Test("tells what to do about a client that has taken too long")
    func timedOut() {
        #expect(timedOut(receiving()) == .fail)
        #expect(timedOut(rejecting()) == .reject)
        #expect(timedOut(.idle) == .reset)
        #expect(timedOut(streaming()) == .reset)
        #expect(timedOut(finishing()) == .reset)
    }

    private func wait(
        _ state: borrowing CallState, isRequestComplete: Bool
    ) -> CallState.Wait? {
        state.wait(isRequestComplete: isRequestComplete)
    }

    private func timedOut(_ state: borrowing CallState) -> CallState.OnTimeout {
        state.timedOut()
    }

    // MARK: In words

    private func line(_ action: CallState.OnData) -> String {
        switch action {
        case .nothing: "nothing"
        case .wait: "wait"
        case .discard: "discard"
        case .handle(let message): "handle \(Array(message))"
        case .handleCopy(let message, let wasCompressed): "handleCopy \(message) \(wasCompressed)"
        case .deferReading: "deferReading"
        case .forward: "forward"
        case .reject: "reject"
        case .fail(let status): "fail \(status.code.rawValue)"
        }
    }

    private func line(_ action: CallState.OnAnswer) -> String {
        switch action {
        case .nothing: "nothing"
        case .begin: "begin"
        case .resume: "resume"
        case .respond: "respond"
        case .respondPlain(_, let hasBody): "respondPlain \(hasBody)"
        }
    }

    private func line(_ action: CallState.OnBody) -> String {
        switch action {
        case .full: "full"
        case .ask: "ask"
        case .last: "last"
        case .none: "none"
        }
    }
}

extension CallState {
    fileprivate var name: String {
        switch self {
        case .idle: "idle"
        case .receiving: "receiving"
        case .rejecting: "rejecting"
        case .handling: "handling"
        case .streaming: "streaming"
        case .finishing: "finishing"
        case .ended: "ended"
        }
    }
}
