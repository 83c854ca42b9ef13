// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import ProtobufWire

/// What each response of etcd begins with.
package struct EtcdHeader: Equatable, Sendable {
    package var cluster: Int64 = 0
    /// Of the data when it was answered.
    package var revision: Int64 = 0
    /// Each election makes it larger.
    package var term: Int64 = 0

    /// A header of a store without data.
    package init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            switch field.number {
            case 1: cluster = try field.int64()
            case 3: revision = try EtcdLimits.revision(field)
            case 4: term = try field.int64()
            default: break
            }
        }
    }
}

/// Bounds of what is read.
enum EtcdLimits {
    /// Fields of a message without repeated ones; those of later versions are skipped.
    static let fields = 64
    /// Repeated fields of one response.
    static let entries = 100_000

    /// A revision; one has a next one, from which a watch goes on.
    static func revision(_ field: Field) throws(Status) -> Int64 {
        let revision = try field.int64()
        guard (0..<Int64.max).contains(revision) else {
            throw Status(.internal, "etcd answers with a revision that no data has: \(revision)")
        }
        return revision
    }
}

/// A key with its value.
package struct EtcdEntry: Equatable, Sendable {
    package var key: [UInt8] = []
    package var value: [UInt8] = []
    /// At which it was changed last.
    package var revision: Int64 = 0
    /// 0 for none.
    package var lease: Int64 = 0

    init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = Array(try field.bytes())
            case 3: revision = try EtcdLimits.revision(field)
            case 5: value = Array(try field.bytes())
            case 6: lease = try field.int64()
            default: break
            }
        }
    }
}

/// `RangeResponse`.
package struct EtcdRange: Equatable, Sendable {
    package var header = EtcdHeader()
    package var entries: [EtcdEntry] = []
    /// There are more keys than were asked for.
    package var hasMore = false

    /// Reads a response.
    package init(_ bytes: [UInt8]) throws(Status) {
        self = try bytes.withBuffer { buffer throws(Status) in try EtcdRange(buffer) }
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.entries)
        while let field = try reader.next() {
            switch field.number {
            case 1: header = try EtcdHeader(try field.bytes())
            case 2: entries.append(try EtcdEntry(try field.bytes()))
            case 3: hasMore = try field.bool()
            default: break
            }
        }
    }
}

/// `TxnResponse` of ``EtcdRequest/put(_:_:lease:expecting:)``.
package struct EtcdPut: Equatable, Sendable {
    /// The key was as it was expected.
    package var wasAsExpected = false
    /// What was there else; nil for nothing.
    package var previous: EtcdEntry?

    /// Reads a response.
    package init(_ bytes: [UInt8]) throws(Status) {
        self = try bytes.withBuffer { buffer throws(Status) in try EtcdPut(buffer) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            switch field.number {
            case 2: wasAsExpected = try field.bool()
            case 3:
                var operation = FieldReader(try field.bytes(), maxFields: EtcdLimits.fields)
                while let field = try operation.next() {
                    guard field.number == 1 else { continue }
                    previous = try EtcdRange(try field.bytes()).entries.first
                }
            default: break
            }
        }
    }
}

/// `LeaseGrantResponse` and `LeaseKeepAliveResponse`.
package struct EtcdLease: Equatable, Sendable {
    package var id: Int64 = 0
    /// Seconds; none when there is no such lease.
    package var seconds: Int64 = 0

    /// Reads a response.
    package init(_ bytes: [UInt8]) throws(Status) {
        self = try bytes.withBuffer { buffer throws(Status) in try EtcdLease(buffer) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            switch field.number {
            case 2: id = try field.int64()
            case 3: seconds = try field.int64()
            default: break
            }
        }
    }
}

/// `AuthenticateResponse`.
package enum EtcdToken {
    /// The token; empty for none.
    package static func decode(_ bytes: [UInt8]) throws(Status) -> String {
        try bytes.withBuffer { buffer throws(Status) in try token(in: buffer) }
    }

    private static func token(in bytes: UnsafeRawBufferPointer) throws(Status) -> String {
        var token = ""
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            if field.number == 2 { token = String(decoding: try field.bytes(), as: UTF8.self) }
        }
        return token
    }
}

extension [UInt8] {
    /// Lends the bytes.
    func withBuffer<Value>(
        _ body: (UnsafeRawBufferPointer) throws(Status) -> Value
    ) throws(Status) -> Value {
        let result: Result<Value, Status> = withUnsafeBytes { bytes in
            do throws(Status) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
