// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import GRPCWire
import HTTP1Wire
package import Inference
import JSONWire
import SystemIO
import TLSWire

/// A backend that uses an OpenAI-compatible server (llama.cpp's, Ollama, vLLM).
///
/// It asks for a stream although it returns the whole text: so the upstream stops when the connection is closed.
package struct UpstreamBackend: Backend {
    private let upstream: LoopBound<Upstream>
    private let access: UpstreamAccess

    /// A backend whose connections live on the upstream's loop.
    init(_ upstream: LoopBound<Upstream>, _ access: UpstreamAccess) {
        self.upstream = upstream
        self.access = access
    }

    package func infer(_ request: InferRequest, model: ServedModel) async throws(Status)
        -> Completion
    {
        let parameters = access.current
        let configuration = parameters.configuration
        let name = model.isDefault ? configuration.model : model.name
        let body = CompletionRequest.encode(request, model: name)
        let target = configuration.url.path + "/v1/completions"
        guard !body.isEmpty,
            let bytes = parameters.writer.post(target, contentType: "application/json", body: body)
        else { throw Status(.internal, "the request cannot be written") }
        let loop = upstream.loop
        let limits = CompletionReader.Limits(maxTokens: request.maxTokens)
        let call = LoopBound(CompletionCall(configuration, limits), on: loop)
        let outcome = Pending<CompletionCall.Outcome>()
        loop.post { call.value.start(bytes, at: upstream.value, outcome) }
        guard case .value(let answer) = await outcome.outcome() else {
            loop.post { call.value.cancel() }
            throw Status(.cancelled, "the request was cancelled")
        }
        let completion: Completion
        switch try answer.get() {
        case .completion(let whole): completion = whole
        case .object(let object):
            completion = try Self.completion(object, configuration, limits)
        }
        if !completion.text.isEmpty { access.calls.returnedText(name, at: .now()) }
        return completion
    }

    /// Reads an answer in one object, in the task of the request, off the loops.
    private static func completion(
        _ object: [UInt8], _ configuration: UpstreamConfiguration, _ limits: CompletionReader.Limits
    ) throws(Status) -> Completion {
        do throws(UpstreamFailure) {
            var reader = CompletionReader(configuration, limits)
            try object.withUnsafeBufferPointer { bytes throws(UpstreamFailure) in
                try reader.takeWhole(UnsafeRawBufferPointer(bytes))
            }
            return try reader.completion()
        } catch {
            throw error.status
        }
    }
}

/// The body of a request for `/v1/completions`.
enum CompletionRequest {
    static func encode(_ request: InferRequest, model: String) -> [UInt8] {
        var object = JSONObject()
        object.set("model", model)
        object.set("prompt", request.prompt)
        object.set("max_tokens", Int(request.maxTokens))
        object.set("temperature", request.temperature)
        object.set("top_p", request.topP)
        if !request.stop.isEmpty { object.set("stop", request.stop) }
        object.set("stream", true)
        var options = JSONObject()
        options.set("include_usage", true)
        object.set("stream_options", options)
        return object.encoded
    }
}
