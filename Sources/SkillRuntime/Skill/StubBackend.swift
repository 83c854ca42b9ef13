// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// A backend that runs nothing: it says that it is a stub and repeats the prompt, equally for equal input.
/// A token is a word here.
struct StubBackend: Backend {
    func infer(_ request: InferRequest, model: ModelFile) async throws(Status) -> Inference {
        let answer = "[stub backend, no model was run] \(request.prompt)"
        let words = answer.split(separator: " ", omittingEmptySubsequences: true)
        let limit = Int(request.maxTokens)
        let kept = words.prefix(limit).joined(separator: " ")
        let (text, wasStopped) = Self.cut(kept, at: request.stop)
        let isWhole = wasStopped || words.count <= limit
        return Inference(
            text: text, confidence: 0,
            tokenCount: Int32(clamping: text.split(separator: " ").count),
            finishReason: isWhole ? .stop : .length)
    }

    /// What comes before the first of the stop texts.
    private static func cut(_ text: String, at stops: [String]) -> (text: String, wasStopped: Bool)
    {
        let bytes = Array(text.utf8)
        var end = bytes.count
        for stop in stops where !stop.isEmpty {
            let wanted = Array(stop.utf8)
            var start = 0
            while start + wanted.count <= end {
                if bytes[start..<start + wanted.count].elementsEqual(wanted) {
                    end = start
                    break
                }
                start += 1
            }
        }
        return (String(decoding: bytes[..<end], as: UTF8.self), end < bytes.count)
    }
}
