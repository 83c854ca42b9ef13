// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Flags
import HTTP1Wire
import OpenAIWire

/// The check of kind `llm`: an OpenAI-compatible server at a URL of `http` or `https` completes a prompt.
///
/// Options: `model`, `api` (chat or completions), `prompt` ("Hello"), `max-tokens` or `max-completion-tokens` (10), `slow`
/// (10s), `key-file`, `key-env`, `progress`, and those of ``HTTPTarget``.
package struct LLMCheck: NetworkCheckKind {
    /// The model that is asked.
    package let model: String
    private let target: HTTPTarget
    private let path: String
    private let request: [UInt8]
    private let judgement: LLMPlan
    private let progress: LLMProgress?

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        var place = try HTTPTarget(target, &options)
        guard place.url.user == nil else {
            throw CheckOptionError(
                "target", "has a user, which no such server knows: give the key by key-file")
        }
        guard let model = try options.take("model"), !model.isEmpty else {
            throw CheckOptionError(
                "model", "is missing: use one that the server lists at /v1/models")
        }
        self.model = model
        let given = try options.takeSecret("key")
        if given?.isEmpty == true { throw CheckOptionError("key-file", "has no key in it") }
        let key = given ?? ""
        guard key.isEmpty || place.authorize(key) else {
            throw CheckOptionError("key-file", "has a line end or a control character in the key")
        }
        let slow = try options.take("slow", "a duration such as 10s") { Duration(positive: $0) }
        judgement = LLMPlan(key: key, slowAfter: slow ?? .seconds(10))
        let api = try options.take("api", "chat or completions") { LLMRequest.API(rawValue: $0) }
        let question = try LLMRequest(model, api ?? .chat, &options)
        path = BasePath.of(place.url.path.utf8)
        let requestTarget = place.requestTarget(path + question.path)
        guard
            let request = place.writer.post(
                requestTarget, contentType: "application/json", body: question.body)
        else { throw HTTPTarget.malformed }
        self.request = request
        self.target = place
        progress = try LLMProgress(&options, at: place)
        try options.checkEmpty()
    }

    package var targetText: String { target.url.masked }

    /// A completion costs tokens, so it is asked for once a minute.
    package var detectWithin: Duration { .seconds(240) }

    /// The server's address with the path before `/v1`, such as `http://127.0.0.1:8080`.
    package var baseURL: String {
        "\(target.url.scheme)://\(target.url.authority(defaultPort: target.url.httpPort))\(path)"
    }

    package var plan: NetworkPlan {
        target.plan { [request, judgement] in LLMSession(request, judgement) }
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let model = NetworkCheck(plan, context)
        return progress.map { LLMProgressRunner($0, model, context) } ?? model
    }
}
