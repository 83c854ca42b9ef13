// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

/// What runs the model.
public enum BackendKind: String, Sendable {
    /// Nothing: answers say so.
    case stub
    /// A server that speaks OpenAI's completions.
    case openai
}

extension RuntimeOptions {
    static var backendFlags: [Flag<RuntimeOptions>] {
        [
            .value(
                "backend", word: "name", default: BackendKind.stub.rawValue,
                "what runs the model: stub, or openai for a server that speaks its completions",
                apply: { (options, text) throws(FlagValueError) in
                    guard let kind = BackendKind(rawValue: text) else {
                        throw FlagValueError("use stub or openai")
                    }
                    options.backend = kind
                }),
            .value(
                "openai-url", word: "url",
                "where that server is, such as http://127.0.0.1:8080",
                apply: { (options, text) throws(FlagValueError) in
                    guard let url = UpstreamURL(text) else {
                        throw FlagValueError("use http://host:port or https://host:port")
                    }
                    options.openAIURL = url
                }),
            .string(
                "openai-model", word: "name", "the model's name there (default the skill's name)"
            ) { $0.openAIModel = $1 },
            .string(
                "openai-key-file", word: "path",
                "file of the API key for that server (or OPENAI_API_KEY)"
            ) { $0.openAIKeyFile = $1 },
            .string(
                "openai-ca", word: "path",
                "PEM file of the CAs that its certificate is of (default the system's)"
            ) { $0.openAICA = $1 },
        ]
    }

    /// What is wrong with the flags of the backend.
    var backendProblem: String? {
        if backend == .openai {
            guard let openAIURL else { return "--backend openai needs --openai-url" }
            if !openAICA.isEmpty, !openAIURL.isSecure {
                return "--openai-ca needs an --openai-url with https"
            }
            return nil
        }
        if openAIURL != nil || !openAIModel.isEmpty || !openAIKeyFile.isEmpty || !openAICA.isEmpty {
            return "the flags --openai-... need --backend openai"
        }
        return nil
    }
}
