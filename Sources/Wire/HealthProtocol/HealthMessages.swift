// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
package import GRPCWire
import ProtobufWire

/// `HealthCheckRequest`: which name is asked for.
package enum HealthCheckRequest {
    /// Fields that a message of one field may have: those of a later version of the protocol are skipped.
    static let maxFields = 64

    /// The bytes of the name, within `bytes`. Bytes that are not valid UTF-8 name nothing.
    @inline(__always)
    package static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(Status) -> UnsafeRawBufferPointer {
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var reader = FieldReader(bytes, maxFields: maxFields)
        while let field = try reader.next() {
            if field.number == 1 { name = try field.bytes() }
        }
        return name
    }

    /// Asks for `service`.
    package static func encode(service: String) -> EncodedMessage {
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
package enum HealthCheckResponse {
    /// Answers with `status`.
    package static func encode(_ status: ServingStatus) -> EncodedMessage {
        var message = Grpc__Health__V1__HealthCheckResponse()
        grpc__health__v1__health_check_response__init(&message)
        message.status = .init(UInt32(bitPattern: status.rawValue))
        return EncodedMessage(packing: &message)
    }

    /// Reads the status of an answer.
    package static func decode(_ bytes: UnsafeRawBufferPointer) throws(Status) -> ServingStatus {
        var status = ServingStatus.unknown
        try read(bytes, into: &status)
        return status
    }

    /// Reads over what was read before: messages that follow each other are one (Protocol Buffers, "Encoding").
    static func read(
        _ bytes: UnsafeRawBufferPointer, into status: inout ServingStatus
    ) throws(Status) {
        var reader = FieldReader(bytes, maxFields: HealthCheckRequest.maxFields)
        while let field = try reader.next() {
            if field.number == 1 { status = ServingStatus(rawValue: try field.int32()) }
        }
    }
}

/// `HealthListResponse`: every name with its status.
package enum HealthListResponse {
    /// Answers with these names.
    package static func encode(
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

    /// Names that an answer may have.
    package static let maxNames = 10_000

    /// Reads an answer; names in no particular order.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(Status) -> [(name: String, status: ServingStatus)] {
        var statuses: [(name: String, status: ServingStatus)] = []
        var reader = FieldReader(bytes, maxFields: maxNames)
        while let field = try reader.next() {
            if field.number == 1 { statuses.append(try entry(field.bytes())) }
        }
        return statuses
    }

    private static func entry(
        _ bytes: UnsafeRawBufferPointer
    ) throws(Status) -> (name: String, status: ServingStatus) {
        var entry = (name: "", status: ServingStatus.unknown)
        var reader = FieldReader(bytes, maxFields: HealthCheckRequest.maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: entry.name = String(decoding: try field.bytes(), as: UTF8.self)
            case 2: try HealthCheckResponse.read(field.bytes(), into: &entry.status)
            default: break
            }
        }
        return entry
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
