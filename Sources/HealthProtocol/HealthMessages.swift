// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCWire
import ProtobufWire

/// `HealthCheckRequest`: which name is asked for.
public enum HealthCheckRequest {
    /// Lends the bytes of the name to `body`. They may be no valid UTF-8, and then are the name of nothing.
    @inline(__always)
    public static func decode<Result>(
        _ bytes: UnsafeRawBufferPointer, in arena: DecodingArena,
        _ body: (UnsafeRawBufferPointer) throws(Status) -> Result
    ) throws(Status) -> Result {
        // No bytes, all defaults: the commonest question of all.
        if bytes.isEmpty { return try body(bytes) }
        return try arena.decode(bytes, grpc__health__v1__health_check_request__unpack) {
            message throws(Status) in try body(message.pointee.service.bytes)
        }
    }

    /// Asks for `service`.
    public static func encode(service: String) -> EncodedMessage {
        var name = [UInt8](service.utf8)
        return name.withUnsafeMutableBufferPointer { buffer in
            var message = Grpc__Health__V1__HealthCheckRequest()
            grpc__health__v1__health_check_request__init(&message)
            message.service = ProtobufCBinaryData(len: buffer.count, data: buffer.baseAddress)
            return EncodedMessage(packing: &message)
        }
    }
}

/// `HealthCheckResponse`: one status.
public enum HealthCheckResponse {
    /// Answers with `status`.
    public static func encode(_ status: ServingStatus) -> EncodedMessage {
        var message = Grpc__Health__V1__HealthCheckResponse()
        grpc__health__v1__health_check_response__init(&message)
        message.status = .init(UInt32(bitPattern: status.rawValue))
        return EncodedMessage(packing: &message)
    }

    /// Reads the status of an answer.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, in arena: DecodingArena
    ) throws(Status) -> ServingStatus {
        try arena.decode(bytes, grpc__health__v1__health_check_response__unpack) {
            ServingStatus(rawValue: Int32(bitPattern: $0.pointee.status.rawValue))
        }
    }
}

/// `HealthListResponse`: every name with its status.
public enum HealthListResponse {
    /// Answers with these names.
    public static func encode(
        _ statuses: [(name: String, status: ServingStatus)]
    ) -> EncodedMessage {
        typealias Entry = Grpc__Health__V1__HealthListResponse__StatusesEntry
        typealias Response = Grpc__Health__V1__HealthCheckResponse
        let count = statuses.count
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
        let responses = UnsafeMutablePointer<Response>.allocate(capacity: count)
        let table = UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>.allocate(capacity: count)
        for (index, item) in statuses.enumerated() {
            grpc__health__v1__health_check_response__init(responses + index)
            responses[index].status = .init(UInt32(bitPattern: item.status.rawValue))
            grpc__health__v1__health_list_response__statuses_entry__init(entries + index)
            entries[index].key = copyCString(item.name)
            entries[index].value = responses + index
            table[index] = entries + index
        }
        defer {
            for index in 0..<count { entries[index].key.deallocate() }
            entries.deallocate()
            responses.deallocate()
            table.deallocate()
        }
        var message = Grpc__Health__V1__HealthListResponse()
        grpc__health__v1__health_list_response__init(&message)
        message.n_statuses = count
        message.statuses = table
        return EncodedMessage(packing: &message)
    }

    /// Reads an answer; names in no particular order.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, in arena: DecodingArena
    ) throws(Status) -> [(name: String, status: ServingStatus)] {
        try arena.decode(bytes, grpc__health__v1__health_list_response__unpack) { message in
            (0..<message.pointee.n_statuses).map { index in
                let entry = message.pointee.statuses[index]!.pointee
                let number = entry.value.map { Int32(bitPattern: $0.pointee.status.rawValue) } ?? 0
                let name = entry.key.map { String(cString: $0) } ?? ""
                return (name, ServingStatus(rawValue: number))
            }
        }
    }

    /// Map keys stay C strings in protoc-c; our names hold no NUL (the reporter refuses them).
    private static func copyCString(_ text: String) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
        var index = 0
        for byte in text.utf8 {
            copy[index] = CChar(bitPattern: byte)
            index += 1
        }
        copy[index] = 0
        return copy
    }
}
