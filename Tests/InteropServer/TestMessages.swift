// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CTestProtos
import GRPCWire
import ProtobufWire

/// `SimpleRequest`, as far as the server acts on it.
struct UnaryRequest {
    let answer: AnswerParameters
    let status: Status?
    let expectsCompressed: Bool
    let wantsServerID: Bool

    init(decoding bytes: [UInt8]) throws(Status) {
        self = try decode(bytes, grpc__testing__simple_request__unpack) { message throws(Status) in
            let raw = message.pointee
            try checkType(raw.response_type)
            return UnaryRequest(
                answer: AnswerParameters(
                    size: try payloadSize(raw.response_size), intervalMicroseconds: 0,
                    isCompressed: raw.response_compressed.isTrue),
                status: raw.response_status.status,
                expectsCompressed: raw.expect_compressed.isTrue,
                wantsServerID: raw.fill_server_id != 0)
        }
    }

    private init(
        answer: AnswerParameters, status: Status?, expectsCompressed: Bool, wantsServerID: Bool
    ) {
        self.answer = answer
        self.status = status
        self.expectsCompressed = expectsCompressed
        self.wantsServerID = wantsServerID
    }
}

/// `StreamingInputCallRequest`: the size of its payload.
struct InputRequest {
    let size: Int
    let expectsCompressed: Bool

    init(decoding bytes: [UInt8]) throws(Status) {
        (size, expectsCompressed) = try decode(
            bytes, grpc__testing__streaming_input_call_request__unpack
        ) { message in
            (
                message.pointee.payload?.pointee.body.len ?? 0,
                message.pointee.expect_compressed.isTrue
            )
        }
    }
}

/// `StreamingOutputCallRequest`.
struct OutputRequest {
    let answers: [AnswerParameters]
    let status: Status?

    init(decoding bytes: [UInt8]) throws(Status) {
        (answers, status) = try decode(
            bytes, grpc__testing__streaming_output_call_request__unpack
        ) { message throws(Status) in
            let raw = message.pointee
            try checkType(raw.response_type)
            var answers: [AnswerParameters] = []
            for index in 0..<raw.n_response_parameters {
                guard let parameters = raw.response_parameters[index]?.pointee else { continue }
                answers.append(
                    AnswerParameters(
                        size: try payloadSize(parameters.size),
                        intervalMicroseconds: Int(parameters.interval_us),
                        isCompressed: parameters.compressed.isTrue))
            }
            return (answers, raw.response_status.status)
        }
    }
}

/// What one message of an answer is to be like.
struct AnswerParameters {
    let size: Int
    let intervalMicroseconds: Int
    let isCompressed: Bool
}

/// The answers.
enum TestAnswer {
    static func unary(size: Int, serverID: String?) -> EncodedMessage {
        var message = Grpc__Testing__SimpleResponse()
        grpc__testing__simple_response__init(&message)
        var name = Array((serverID ?? "").utf8)
        return name.withUnsafeMutableBufferPointer { name in
            message.server_id = ProtobufCBinaryData(len: name.count, data: name.baseAddress)
            return withPayload(size) { payload in
                message.payload = payload
                return EncodedMessage(packing: &message)
            }
        }
    }

    static func streaming(size: Int) -> EncodedMessage {
        var message = Grpc__Testing__StreamingOutputCallResponse()
        grpc__testing__streaming_output_call_response__init(&message)
        return withPayload(size) { payload in
            message.payload = payload
            return EncodedMessage(packing: &message)
        }
    }

    static func total(_ size: Int) -> EncodedMessage {
        var message = Grpc__Testing__StreamingInputCallResponse()
        grpc__testing__streaming_input_call_response__init(&message)
        message.aggregated_payload_size = Int32(clamping: size)
        return EncodedMessage(packing: &message)
    }

    /// Lends a payload of zeros.
    private static func withPayload(
        _ size: Int, _ body: (UnsafeMutablePointer<Grpc__Testing__Payload>) -> EncodedMessage
    ) -> EncodedMessage {
        var payload = Grpc__Testing__Payload()
        grpc__testing__payload__init(&payload)
        var zeros = [UInt8](repeating: 0, count: size)
        return zeros.withUnsafeMutableBufferPointer { zeros in
            payload.body = ProtobufCBinaryData(len: zeros.count, data: zeros.baseAddress)
            return body(&payload)
        }
    }
}

/// Decodes with the `unpack` function that protoc-c generated, and lends the message to `body`. Every unknown field is
/// kept meanwhile: for the peers of a test. The memory is Swift's, as the product's is for its requests: faults.c
/// leaves that alone, where a message without memory would end its call, and nothing more.
private func decode<Message, Result>(
    _ bytes: [UInt8],
    _ unpack: (
        UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
    ) -> UnsafeMutablePointer<Message>?,
    _ body: (UnsafePointer<Message>) throws(Status) -> Result
) throws(Status) -> Result {
    var allocator = ProtobufCAllocator(
        alloc: { _, size in .allocate(byteCount: size, alignment: 16) },
        free: { _, block in block?.deallocate() }, allocator_data: nil)
    guard let message = unpack(&allocator, bytes.count, bytes) else {
        throw Status(
            .internal,
            "the message is not valid protobuf of its type: both sides need the same .proto file")
    }
    defer {
        message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) {
            protobuf_c_message_free_unpacked($0, &allocator)
        }
    }
    return try body(message)
}

private func checkType(_ type: Grpc__Testing__PayloadType) throws(Status) {
    guard type == GRPC__TESTING__PAYLOAD_TYPE__COMPRESSABLE else {
        throw Status(.invalidArgument, "unknown payload type")
    }
}

/// The largest payload that is asked for in the tests is far below.
private func payloadSize(_ value: Int32) throws(Status) -> Int {
    guard value >= 0, value <= 16 << 20 else {
        throw Status(.invalidArgument, "a payload cannot have \(value) bytes here")
    }
    return Int(value)
}

extension UnsafeMutablePointer<Grpc__Testing__BoolValue>? {
    fileprivate var isTrue: Bool { self?.pointee.value == 1 }
}

extension UnsafeMutablePointer<Grpc__Testing__EchoStatus>? {
    /// The status that the call is to end with; nil when it is OK or not asked for.
    fileprivate var status: Status? {
        guard let raw = self?.pointee, raw.code != 0 else { return nil }
        return Status(
            StatusCode(rawValue: UInt32(bitPattern: raw.code)),
            String(decoding: raw.message.bytes, as: UTF8.self))
    }
}
