// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import HealthProtocol
import ProtobufWire

/// `InferRequest`, with its defaults filled in.
struct InferRequest: Equatable, Sendable {
    var prompt: String
    var maxTokens: Int32 = 128
    var temperature: Float = 0.7
    var topP: Float = 0.95
    var stop: [String] = []

    /// Reads a request. Zero means the default, as it does for a field that is not there.
    init(decoding bytes: UnsafeRawBufferPointer, in arena: DecodingArena) throws(Status) {
        self = try arena.decode(bytes, sarai__skills__infer_request__unpack) {
            message throws(Status) in
            let raw = message.pointee
            var request = InferRequest(prompt: try Self.text(raw.prompt.bytes, "prompt"))
            if raw.max_tokens != 0 { request.maxTokens = raw.max_tokens }
            if raw.temperature != 0 { request.temperature = raw.temperature }
            if raw.top_p != 0 { request.topP = raw.top_p }
            for index in 0..<raw.n_stop {
                request.stop.append(try Self.text(raw.stop[index].bytes, "stop"))
            }
            try request.validate()
            return request
        }
    }

    init(prompt: String) { self.prompt = prompt }

    private func validate() throws(Status) {
        guard maxTokens > 0 else {
            throw Status(
                .invalidArgument, "max_tokens is \(maxTokens); use 1 or more, or 0 for 128")
        }
        guard temperature >= 0, temperature.isFinite else {
            throw Status(.invalidArgument, "temperature is \(temperature); use 0 or more")
        }
        guard topP > 0, topP <= 1 else {
            throw Status(.invalidArgument, "top_p is \(topP); use a number above 0, at most 1")
        }
    }

    private static func text(
        _ bytes: UnsafeRawBufferPointer, _ field: String
    ) throws(Status) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Status(.internal, "the request's \(field) is not valid UTF-8")
        }
        return text
    }
}

/// The answers of `sarai.skills.SkillService`.
enum SkillResponse {
    static func infer(
        _ inference: Inference, model: String, latencyMilliseconds: Int64
    ) -> EncodedMessage {
        var message = Sarai__Skills__InferResponse()
        sarai__skills__infer_response__init(&message)
        message.confidence = inference.confidence
        message.latency_ms = latencyMilliseconds
        message.tokens_generated = inference.tokenCount
        return withBytes([inference.text, model, inference.finishReason.rawValue]) { bytes in
            message.text = bytes[0]
            message.model = bytes[1]
            message.finish_reason = bytes[2]
            return EncodedMessage(packing: &message)
        }
    }

    static func check(
        _ status: ServingStatus, text: String, reloadCount: Int32, uptimeSeconds: Int64
    ) -> EncodedMessage {
        var message = Sarai__Skills__HealthCheckResponse()
        sarai__skills__health_check_response__init(&message)
        message.status = .init(UInt32(bitPattern: status.rawValue))
        message.reload_count = reloadCount
        message.uptime_seconds = uptimeSeconds
        return withBytes([text]) { bytes in
            message.message = bytes[0]
            return EncodedMessage(packing: &message)
        }
    }

    static func metrics(
        _ metrics: InferenceMetrics.Summary, residentBytes: Int64, coldStartMilliseconds: Int64
    ) -> EncodedMessage {
        var message = Sarai__Skills__MetricsResponse()
        sarai__skills__metrics_response__init(&message)
        message.total_requests = metrics.requests
        message.failed_requests = metrics.failures
        message.avg_latency_ms = metrics.averageMilliseconds
        message.p99_latency_ms = metrics.p99Milliseconds
        message.ram_bytes = residentBytes
        message.total_tokens = metrics.tokens
        message.cold_start_ms = coldStartMilliseconds
        return EncodedMessage(packing: &message)
    }

    /// Lends the UTF-8 of `texts` in the form of protobuf-c.
    private static func withBytes(
        _ texts: [String], _ body: ([ProtobufCBinaryData]) -> EncodedMessage
    ) -> EncodedMessage {
        var storage = texts.flatMap { Array($0.utf8) }
        return storage.withUnsafeMutableBufferPointer { buffer in
            var fields: [ProtobufCBinaryData] = []
            var place = 0
            for text in texts {
                let count = text.utf8.count
                fields.append(
                    ProtobufCBinaryData(len: count, data: buffer.baseAddress.map { $0 + place }))
                place += count
            }
            return body(fields)
        }
    }
}
