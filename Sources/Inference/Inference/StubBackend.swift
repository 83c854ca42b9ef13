// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCWire
import SystemIO

/// A backend that runs no model: it says that it is a stub, and repeats the first 64 KiB of the prompt. A token is a word.
package struct StubBackend: Backend {
    /// How long each token takes; for tests of the load.
    package let tokenDelay: Duration
    /// The loop of the timers.
    package let loop: EventLoop

    /// A stub whose tokens take `tokenDelay` each, by the clock of `loop`.
    package init(tokenDelay: Duration, loop: EventLoop) {
        self.tokenDelay = tokenDelay
        self.loop = loop
    }

    /// Bytes of the prompt that are repeated.
    private static let echoLimit = 64 << 10

    package var reportsProgress: Bool { true }

    package func infer(_ request: InferRequest, model: ServedModel) async throws(Status)
        -> Completion
    {
        let completion = Self.complete(request)
        if tokenDelay > .zero {
            for _ in 0..<completion.tokenCount { try await generateToken() }
        }
        return completion
    }

    private func generateToken() async throws(Status) {
        let due = MonotonicTime.now() + tokenDelay
        if case .cancelled = await Pending<Never>().outcome(until: due, on: loop) {
            throw Status(.cancelled, "the stub was cancelled between two tokens")
        }
        Progress.current?.progressed()
    }

    private static func complete(_ request: InferRequest) -> Completion {
        let echo = request.prompt.utf8.prefix(echoLimit)
        let whole = Array("[stub backend, no model was run] ".utf8) + echo
        let words = whole.split(separator: UInt8(ascii: " "))
        let limit = Int(request.maxTokens)
        let kept = Array(words.prefix(limit).joined(separator: [UInt8(ascii: " ")]))
        let end = firstPlace(of: request.stop, in: kept)
        let text = kept[..<(end ?? kept.count)]
        return Completion(
            text: String(decoding: text, as: UTF8.self), confidence: 0,
            tokenCount: Int32(clamping: text.split(separator: UInt8(ascii: " ")).count),
            finishReason: end != nil || words.count <= limit ? .stop : .length)
    }

    /// Where the first of the stop texts begins; nil when there is none.
    private static func firstPlace(of stops: [String], in text: [UInt8]) -> Int? {
        var end: Int?
        for stop in stops {
            let wanted = Array(stop.utf8)
            var start = 0
            while start + wanted.count <= end ?? text.count {
                if text[start..<start + wanted.count].elementsEqual(wanted) {
                    end = start
                    break
                }
                start += 1
            }
        }
        return end
    }
}
