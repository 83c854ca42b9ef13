// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HTTP1Wire
package import OpenAIBackend
package import Settings

/// What runs the models.
package struct BackendOptions: Sendable {
    /// What it is.
    package enum Kind: String, CaseIterable, Sendable {
        /// Nothing: answers say so.
        case stub
        /// A server that speaks OpenAI's completions.
        case openai
    }

    package var kind = Kind.stub
    /// Where the server of the backend openai is.
    package var url: UpstreamURL?
    /// The model's name there; empty for the skill's.
    package var model = ""
    /// The path that tells how that server is; nil for the usual ones.
    package var healthPath: String?
    /// The API key for that server.
    package var key = Secret.none
    /// PEM file of the CAs that sign its certificate; empty for the system's.
    package var ca = ""

    /// The server that runs the model of this skill; nil when the backend is another one.
    func upstreamSettings(skill: String) -> UpstreamSettings? {
        guard kind == .openai, let url else { return nil }
        var settings = UpstreamSettings(url: url, model: model.isEmpty ? skill : model)
        settings.key = key
        settings.caPath = ca
        settings.healthPath = healthPath
        return settings
    }

    var problems: [SettingProblem] {
        if kind == .openai {
            guard let url else {
                return [
                    SettingProblem(
                        "--backend openai needs --openai-url", about: "backend", "openai-url")
                ]
            }
            if ca.isEmpty || url.isSecure { return [] }
            return [
                SettingProblem(
                    "--openai-ca needs an --openai-url with https", about: "openai-ca", "openai-url"
                )
            ]
        }
        let given = [
            ("openai-url", url != nil), ("openai-model", !model.isEmpty),
            ("openai-key-file", key.path != nil), ("openai-ca", !ca.isEmpty),
            ("openai-health-path", healthPath != nil),
        ]
        return given.filter { $0.1 }.map {
            SettingProblem("--\($0.0) needs --backend openai", about: $0.0, "backend")
        }
    }
}

extension RuntimeOptions {
    static var backendSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "backend", \.backend.kind, .choice("name"),
                "what runs the model: stub, or openai for a server that speaks its completions"),
            .value(
                "openai-url", \.backend.url, .optional(.upstreamURL),
                "where that server is, such as http://127.0.0.1:8080"),
            .value(
                "openai-model", \.backend.model, .text("name"),
                "the model's name there", default: "the skill's name"),
            .value(
                "openai-health-path", \.backend.healthPath, .optional(.requestPath),
                "path that tells how that server is, such as /health/liveliness of LiteLLM",
                default: "/health, or /v1/models where there is none"),
            .secret(
                "openai-key", \.backend.key,
                "file of the API key for that server (or OPENAI_API_KEY)",
                variable: "OPENAI_API_KEY"),
            .value(
                "openai-ca", \.backend.ca, .path,
                "PEM file of the CA bundle that verifies its certificate",
                default: "the system's"),
        ]
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
