// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HTTP1Wire
import OpenAIBackend
import Settings

/// What runs the model.
package enum BackendKind: String, CaseIterable, Sendable {
    /// Nothing: answers say so.
    case stub
    /// A server that speaks OpenAI's completions.
    case openai
}

extension RuntimeOptions {
    static var backendSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "backend", \.backend, .choice("name"),
                "what runs the model: stub, or openai for a server that speaks its completions"),
            .value(
                "openai-url", \.openAIURL, .optional(.upstreamURL),
                "where that server is, such as http://127.0.0.1:8080"),
            .value(
                "openai-model", \.openAIModel, .text("name"),
                "the model's name there (default the skill's name)"),
            .value(
                "openai-health-path", \.openAIHealthPath, .optional(.requestPath),
                "path that tells how that server is, such as /health/liveliness of LiteLLM "
                    + "(default /health, or /v1/models where there is none)"),
            .secret(
                "openai-key", \.openAIKey,
                "file of the API key for that server (or OPENAI_API_KEY)",
                variable: "OPENAI_API_KEY"),
            .value(
                "openai-ca", \.openAICA, .path,
                "PEM file of the CAs that its certificate is of (default the system's)"),
        ]
    }

    /// The server that runs the model; nil when the backend is another one.
    var upstreamSettings: UpstreamSettings? {
        guard backend == .openai, let openAIURL else { return nil }
        var settings = UpstreamSettings(
            url: openAIURL, model: openAIModel.isEmpty ? skill : openAIModel)
        settings.key = openAIKey
        settings.caPath = openAICA
        settings.healthPath = openAIHealthPath
        return settings
    }

    /// What is wrong with the settings of the backend.
    var backendProblems: [String] {
        if backend == .openai {
            guard let openAIURL else { return ["--backend openai needs --openai-url"] }
            return !openAICA.isEmpty && !openAIURL.isSecure
                ? ["--openai-ca needs an --openai-url with https"] : []
        }
        let given = [
            ("--openai-url", openAIURL != nil), ("--openai-model", !openAIModel.isEmpty),
            ("--openai-key-file", openAIKey.path != nil), ("--openai-ca", !openAICA.isEmpty),
            ("--openai-health-path", openAIHealthPath != nil),
        ]
        return given.filter { $0.1 }.map { "\($0.0) needs --backend openai" }
    }
}

extension SettingType where Value == UpstreamURL {
    fileprivate static var upstreamURL: SettingType {
        .url(
            parse: { text throws(FlagValueError) in
                if let url = UpstreamURL(text) { return url }
                throw FlagValueError(
                    "use http://host:port or https://host:port, with no user, password or query: "
                        + "--openai-key-file names the file of a key")
            },
            print: { $0.text })
    }
}

extension SettingType where Value == String {
    /// The path of a request, and perhaps a query.
    fileprivate static var requestPath: SettingType {
        .text(
            "path",
            parse: { text throws(FlagValueError) in
                if HTTP1RequestWriter(host: "a")?.get(text) != nil { return text }
                throw FlagValueError("use a path that begins with /, such as /health")
            },
            print: { $0 })
    }
}
