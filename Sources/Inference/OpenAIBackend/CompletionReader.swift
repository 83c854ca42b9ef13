// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTP1Wire
import Inference
import JSONWire
import OpenAIWire

/// What `/v1/completions` answers, in events or in one object, gathered into a completion. Pure.
struct CompletionReader {
    private var events: ServerSentEvents
    private var text = ""
    private var finishReason: String?
    private var hasText = false
    private var chunkCount = 0
    private var usage: Int?
    private var logprobSum = 0.0
    private var logprobCount = 0
    /// The upstream has sent the end of its answer.
    private(set) var isDone = false

    private let key: String
    private let limits: Limits

    init(_ configuration: UpstreamConfiguration, _ limits: Limits) {
        self.limits = limits
        events = ServerSentEvents(limit: configuration.eventLimit)
        key = configuration.key
    }

    /// Takes bytes of a stream of events.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        // A copy: the closure below changes the rest of this value.
        var events = events
        self.events = ServerSentEvents(limit: 0)
        let tooLong = UpstreamFailure.malformed("an event is too long")
        try events.receive(bytes, tooLong: tooLong) { data throws(UpstreamFailure) in
            if isDone { return }
            if data.elementsEqual("[DONE]".utf8) { isDone = true } else { try take(data) }
        }
        self.events = events
    }

    /// Takes an answer in one object.
    mutating func takeWhole(_ bytes: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        try take(bytes)
        isDone = true
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        guard JSONDocument.fits(bytes, maxValues: limits.values) else {
            throw .malformed("it has more values than an answer needs")
        }
        guard let document = JSONDocument(bytes) else { throw .malformed("it is not valid JSON") }
        try document.withRoot { root throws(UpstreamFailure) in try take(root) }
    }

    /// The completion. Throws when the answer is not complete.
    func completion() throws(UpstreamFailure) -> Completion {
        guard isDone || finishReason != nil else { throw .cutOff }
        guard hasText else { throw .malformed("it has no text") }
        let confidence = logprobCount > 0 ? exp(logprobSum / Double(logprobCount)) : 0
        return Completion(
            text: text, confidence: Float(min(1, max(0, confidence))),
            tokenCount: Int32(clamping: usage ?? chunkCount),
            finishReason: Self.reason(finishReason))
    }

    /// The upstream's reason in the words of our protocol; `error` when there is none.
    private static func reason(_ text: String?) -> Completion.FinishReason {
        switch text {
        case "stop": .stop
        case "length": .length
        default: .error
        }
    }

    private mutating func take(_ root: JSONValue) throws(UpstreamFailure) {
        let error = root["error"]
        if !error.isNothing {
            let message = ErrorMessage.text(in: root, withoutKey: key)
            if let code = error["code"].integer, (400..<600).contains(code) {
                throw .refused(status: code, message: message)
            }
            throw .malformed("it is an error" + (message.isEmpty ? "" : ": \(message)"))
        }
        if let count = root["usage"]["completion_tokens"].integer, count >= 0 { usage = count }
        guard root["choices"].isArray else { throw .malformed("it has no choices") }
        let choice = root["choices"][0]
        // The last event may have only the usage.
        guard !choice.isNothing else { return }
        guard choice.isObject else { throw .malformed("a choice is not an object") }
        // The last events may have no text.
        if !choice["text"].isNothing {
            guard let chunk = choice["text"].string else {
                throw .malformed("a text is not a string")
            }
            hasText = true
            text += chunk
            if text.utf8.count > limits.text {
                throw .malformed("its text has more than \(limits.text) bytes")
            }
            if !chunk.isEmpty { chunkCount += 1 }
        }
        if let reason = choice["finish_reason"].string { finishReason = reason }
        takeLogprobs(choice["logprobs"])
    }

    private mutating func takeLogprobs(_ logprobs: JSONValue) {
        let plain = logprobs["token_logprobs"]
        let detailed = logprobs["content"]
        for index in 0..<max(plain.count, detailed.count) {
            let value = plain[index].number ?? detailed[index]["logprob"].number
            guard let value, value.isFinite, value <= 0 else { continue }
            logprobSum += value
            logprobCount += 1
        }
    }
}

extension CompletionReader {
    /// How large an answer of the upstream may be: what the requested tokens need.
    struct Limits: Equatable, Sendable {
        /// Bytes of the text. The longest tokens have about 128 bytes, usual ones 4.
        let text: Int
        /// Bytes of a body in one object; an escaped character has six bytes.
        let object: Int
        /// Bytes of a body of events: about 300 for each token, and a summary at the end.
        let events: Int
        /// Values of one JSON text.
        let values: Int

        private static let base = 64 << 10

        init(maxTokens: Int32) {
            let tokens = Int(clamping: maxTokens)
            text = Self.base + 32 * tokens
            object = Self.base + 64 * tokens
            events = Self.base + 2048 * tokens
            // Several for each token only when there are probabilities.
            values = 4096 + 4 * tokens
        }

        /// Bytes of a body whose kind is not known yet.
        var body: Int { max(object, events) }
    }
}
