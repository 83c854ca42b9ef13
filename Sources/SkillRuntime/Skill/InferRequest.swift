// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import ProtobufWire

/// `InferRequest`, with its defaults filled in and everything within its limits.
struct InferRequest: Equatable, Sendable {
    var prompt: String
    var maxTokens: Int32 = 128
    /// 0 for greedy: always the likeliest token.
    var temperature: Float = 0.7
    var topP: Float = 0.95
    /// None of them is empty.
    var stop: [String] = []
    var context: [String: String] = [:]

    init(prompt: String) { self.prompt = prompt }

    /// Reads a request. A `max_tokens` or `top_p` of 0 means the default, as it does for a field that is not
    /// there; a `temperature` of 0 that is there means 0.
    init(decoding bytes: UnsafeRawBufferPointer, in arena: DecodingArena) throws(Status) {
        self = try arena.decode(bytes, sarai__skills__infer_request__unpack) {
            message throws(Status) in
            let raw = message.pointee
            var request = InferRequest(
                prompt: try Self.text(raw.prompt, "prompt", limit: Limit.promptBytes))
            try request.readNumbers(raw)
            try request.readStops(raw)
            try request.readContext(raw)
            return request
        }
    }

    private mutating func readNumbers(_ raw: Sarai__Skills__InferRequest) throws(Status) {
        if raw.max_tokens != 0 { maxTokens = raw.max_tokens }
        guard (1...Limit.maxTokens).contains(maxTokens) else {
            throw .invalid("max_tokens is \(maxTokens): use 1 to \(Limit.maxTokens), or 0 for 128")
        }
        let isTemperatureThere = raw.temperature_presence_case.rawValue != 0
        if isTemperatureThere { temperature = raw.temperature }
        guard (0...Limit.temperature).contains(temperature) else {
            throw .invalid("temperature is \(temperature): use 0 to \(Limit.temperature)")
        }
        if raw.top_p != 0 { topP = raw.top_p }
        guard topP > 0, topP <= 1 else {
            throw .invalid("top_p is \(topP): use a number above 0, at most 1, or 0 for 0.95")
        }
    }

    private mutating func readStops(_ raw: Sarai__Skills__InferRequest) throws(Status) {
        guard raw.n_stop <= Limit.stops else {
            throw .invalid("stop has \(raw.n_stop) entries: use \(Limit.stops) at most")
        }
        for index in 0..<raw.n_stop {
            let text = try Self.text(raw.stop[index], "stop", limit: Limit.stopBytes)
            // An empty text is everywhere: it would end every answer before it begins.
            if !text.isEmpty { stop.append(text) }
        }
    }

    private mutating func readContext(_ raw: Sarai__Skills__InferRequest) throws(Status) {
        guard raw.n_context <= Limit.contextEntries else {
            throw .invalid(
                "context has \(raw.n_context) entries: use \(Limit.contextEntries) at most")
        }
        for index in 0..<raw.n_context {
            guard let entry = raw.context[index]?.pointee else { continue }
            let key = try Self.text(entry.key, "context key", limit: Limit.contextKeyBytes)
            context[key] = try Self.text(
                entry.value, "context value", limit: Limit.contextValueBytes)
        }
    }

    private static func text(
        _ field: ProtobufCBinaryData, _ name: String, limit: Int
    ) throws(Status) -> String {
        guard field.len <= limit else {
            throw .invalid("\(name) has \(field.len) bytes: use \(limit) at most")
        }
        guard let text = String(validating: field.bytes, as: UTF8.self) else {
            throw Status(.internal, "the request's \(name) is not valid UTF-8")
        }
        return text
    }
}

extension InferRequest {
    /// What a request may hold at most.
    enum Limit {
        static let promptBytes = 1 << 20
        static let maxTokens: Int32 = 32_768
        static let temperature: Float = 2
        static let stops = 16
        static let stopBytes = 256
        static let contextEntries = 64
        static let contextKeyBytes = 256
        static let contextValueBytes = 16 << 10
    }
}

extension Status {
    fileprivate static func invalid(_ message: String) -> Status {
        Status(.invalidArgument, message)
    }
}
