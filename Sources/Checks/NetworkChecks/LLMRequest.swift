// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import JSONWire

/// What a check of a language model asks for.
struct LLMRequest {
    /// The call of OpenAI's API.
    enum API: String {
        case chat, completions
    }

    /// Follows the base of the URL.
    let path: String
    let body: [UInt8]

    /// Takes the options of the request.
    init(
        _ model: String, _ api: API, _ options: inout CheckOptions
    ) throws(CheckOptionError) {
        let prompt = try options.take("prompt") ?? "Hello"
        let usual = try Self.tokens("max-tokens", &options)
        let reasoning = try Self.tokens("max-completion-tokens", &options)
        guard usual == nil || reasoning == nil else {
            throw CheckOptionError(
                "max-tokens",
                "is given beside max-completion-tokens: use the one that the server knows")
        }
        var object = JSONObject()
        object.set("model", model)
        switch api {
        case .chat:
            path = "/v1/chat/completions"
            var message = JSONObject()
            message.set("role", "user")
            message.set("content", prompt)
            object.set("messages", arrayOf: message)
        case .completions:
            path = "/v1/completions"
            object.set("prompt", prompt)
        }
        object.set(
            reasoning == nil ? "max_tokens" : "max_completion_tokens", reasoning ?? usual ?? 10)
        object.set("stream", false)
        body = object.encoded
    }

    private static func tokens(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> Int? {
        try options.take(name, "a number from 1 to 1000") { text in
            Int(text).flatMap { (1...1000).contains($0) ? $0 : nil }
        }
    }
}
