// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

/// When a server wants a failed call again: `google.rpc.RetryInfo` among the details of a `google.rpc.Status`.
enum RetryInfo {
    private static let typeName = "google.rpc.RetryInfo"
    /// A collector decides how long its answer is; this is beyond what any needs.
    private static let maxFields = 64

    /// The delay in the bytes of `grpc-status-details-bin`; nil when there is none, or it is negative.
    static func delay(in status: [UInt8]) -> Duration? {
        try? status.withUnsafeBufferPointer { bytes throws(Status) in
            var delay: Duration?
            var reader = FieldReader(UnsafeRawBufferPointer(bytes), maxFields: maxFields)
            while let field = try reader.next() {
                if field.number == 3, let found = try retryInfo(in: field.bytes()) { delay = found }
            }
            return delay
        }
    }

    /// Of one `google.protobuf.Any`: the URL of the type ends with its name.
    private static func retryInfo(
        in any: UnsafeRawBufferPointer
    ) throws(Status) -> Duration? {
        var isRetryInfo = false
        var value = UnsafeRawBufferPointer(start: nil, count: 0)
        var reader = FieldReader(any, maxFields: maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                isRetryInfo = try field.bytes().suffix(typeName.utf8.count).elementsEqual(
                    typeName.utf8)
            case 2: value = try field.bytes()
            default: break
            }
        }
        guard isRetryInfo else { return nil }
        var info = FieldReader(value, maxFields: maxFields)
        while let field = try info.next() {
            if field.number == 1 { return try duration(field.bytes()) }
        }
        return nil
    }

    private static func duration(_ bytes: UnsafeRawBufferPointer) throws(Status) -> Duration? {
        var (seconds, nanoseconds) = (Int64(0), Int64(0))
        var reader = FieldReader(bytes, maxFields: maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: seconds = try field.int64()
            case 2: nanoseconds = try field.int64()
            default: break
            }
        }
        // The longest that the type allows is 10,000 years; its fields can hold more.
        guard seconds >= 0, nanoseconds >= 0, seconds < 1 << 40, nanoseconds < 1 << 30 else {
            return nil
        }
        return .seconds(seconds) + .nanoseconds(nanoseconds)
    }
}
