// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
package import GRPCWire
package import HealthProtocol
package import Inference
import ProtobufWire

/// The answers of `sarai.skills.SkillService`.
package enum SkillResponse {
    package static func infer(
        _ completion: Completion, model: String, latencyMilliseconds: Int64
    ) -> EncodedMessage {
        var message = Sarai__Skills__InferResponse()
        sarai__skills__infer_response__init(&message)
        message.confidence = completion.confidence
        message.latency_ms = latencyMilliseconds
        message.tokens_generated = completion.tokenCount
        return withBytes([completion.text, model, completion.finishReason.rawValue]) { bytes in
            message.text = bytes[0]
            message.model = bytes[1]
            message.finish_reason = bytes[2]
            return EncodedMessage(packing: &message)
        }
    }

    package static func check(
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
        _ counts: InferenceMetrics.Counts, residentBytes: Int64, coldStartMilliseconds: Int64
    ) -> EncodedMessage {
        var message = Sarai__Skills__MetricsResponse()
        sarai__skills__metrics_response__init(&message)
        message.total_requests = counts.requests
        message.failed_requests = counts.failureCount
        message.avg_latency_ms = counts.latencies.average.milliseconds
        message.p99_latency_ms = counts.latencies.percentile(0.99).milliseconds
        message.ram_bytes = residentBytes
        message.total_tokens = counts.tokens
        message.cold_start_ms = coldStartMilliseconds
        return EncodedMessage(packing: &message)
    }

    /// Calls `body` with the UTF-8 of `texts` in the form of protobuf-c.
    static func withBytes(
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
