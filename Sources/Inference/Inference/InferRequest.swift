// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import ProtobufWire

/// The message `InferRequest`, with its defaults filled in and every field within its limit.
package struct InferRequest: Equatable, Sendable {
    package var prompt: String
    package var maxTokens: Int32 = 128
    /// 0 for greedy decoding: always the most probable token.
    package var temperature: Float = 0.7
    package var topP: Float = 0.95
    /// None of them is empty.
    package var stop: [String] = []
    package var context: [String: String] = [:]

    /// A request with the defaults.
    package init(prompt: String) { self.prompt = prompt }

    /// Reads a request. A `max_tokens` or `top_p` of 0 means the default, as a missing field does; a `temperature` of 0 means
    /// 0, and a missing one the default.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(Status) {
        let raw = try RawInferRequest(bytes)
        self.init(prompt: try Self.text(raw.prompt, "prompt", limit: Limit.promptBytes))
        try readNumbers(raw)
        try readStops(raw)
        try readContext(raw)
    }

    private mutating func readNumbers(_ raw: RawInferRequest) throws(Status) {
        if raw.maxTokens != 0 { maxTokens = raw.maxTokens }
        guard (1...Limit.maxTokens).contains(maxTokens) else {
            throw .invalid("max_tokens is \(maxTokens): use 1 to \(Limit.maxTokens), or 0 for 128")
        }
        if let given = raw.temperature { temperature = given }
        guard (0...Limit.temperature).contains(temperature) else {
            throw .invalid("temperature is \(temperature): use 0 to \(Limit.temperature)")
        }
        if raw.topP != 0 { topP = raw.topP }
        guard topP > 0, topP <= 1 else {
            throw .invalid("top_p is \(topP): use a number above 0, at most 1, or 0 for 0.95")
        }
    }

    private mutating func readStops(_ raw: RawInferRequest) throws(Status) {
        guard raw.stop.count <= Limit.stops else {
            throw .invalid("stop has \(raw.stop.count) entries: use \(Limit.stops) at most")
        }
        for bytes in raw.stop {
            let text = try Self.text(bytes, "stop", limit: Limit.stopBytes)
            // An empty text matches everywhere: it would end every completion before it begins.
            if !text.isEmpty { stop.append(text) }
        }
    }

    private mutating func readContext(_ raw: RawInferRequest) throws(Status) {
        guard raw.context.count <= Limit.contextEntries else {
            throw .invalid(
                "context has \(raw.context.count) entries: use \(Limit.contextEntries) at most")
        }
        for entry in raw.context {
            let key = try Self.text(entry.key, "context key", limit: Limit.contextKeyBytes)
            context[key] = try Self.text(
                entry.value, "context value", limit: Limit.contextValueBytes)
        }
    }

    private static func text(
        _ bytes: UnsafeRawBufferPointer, _ name: String, limit: Int
    ) throws(Status) -> String {
        guard bytes.count <= limit else {
            throw .invalid("\(name) has \(bytes.count) bytes: use \(limit) at most")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Status(.internal, "the request's \(name) is not valid UTF-8")
        }
        return text
    }
}

/// The fields of an `InferRequest`, unchecked and not copied.
private struct RawInferRequest {
    var prompt = UnsafeRawBufferPointer(start: nil, count: 0)
    var maxTokens: Int32 = 0
    var temperature: Float?
    var topP: Float = 0
    var stop: [UnsafeRawBufferPointer] = []
    var context: [(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)] = []

    /// More than the limits allow, so that an error can tell the number.
    private static let maxFields = 1024

    init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: Self.maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: prompt = try field.bytes()
            case 2: maxTokens = try field.int32()
            case 3: temperature = try field.float()
            case 4: stop.append(try field.bytes())
            case 5: topP = try field.float()
            case 6: context.append(try field.mapEntry())
            default: break
            }
        }
    }
}

extension InferRequest {
    /// What a request may contain at most.
    package enum Limit {
        package static let promptBytes = 1 << 20
        package static let maxTokens: Int32 = 32_768
        package static let temperature: Float = 2
        package static let stops = 16
        package static let stopBytes = 256
        package static let contextEntries = 64
        package static let contextKeyBytes = 256
        package static let contextValueBytes = 16 << 10

        /// Bytes of a request with all fields at their limits, and of their tags.
        package static let requestBytes =
            promptBytes + stops * stopBytes + contextEntries * (contextKeyBytes + contextValueBytes)
            + 4096
    }
}

extension Status {
    fileprivate static func invalid(_ message: String) -> Status {
        Status(.invalidArgument, message)
    }
}
