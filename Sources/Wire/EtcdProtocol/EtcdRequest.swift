// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import ProtobufWire

/// Requests of etcd's API, encoded. Names and numbers are those of `Protos/etcd/rpc.proto`.
package enum EtcdRequest {
    /// The keys from `key` up to `end`, which is not among them; the key alone without an end. As of `revision`; 0 for now.
    package static func range(
        _ key: [UInt8], _ end: [UInt8] = [], limit: Int64 = 0, revision: Int64 = 0
    ) -> EncodedMessage {
        message { writer in
            writer.data(1, key)
            if !end.isEmpty { writer.data(2, end) }
            if limit > 0 { writer.int64(3, limit) }
            if revision > 0 { writer.int64(4, revision) }
        }
    }

    /// Removes one key.
    package static func delete(_ key: [UInt8]) -> EncodedMessage {
        message { $0.data(1, key) }
    }

    /// Writes `value` where the key is not as `expected`, and answers then with what was there before. Where it is, it
    /// writes only a value that differs.
    package static func put(
        _ key: [UInt8], _ value: [UInt8], lease: Int64, expecting expected: [UInt8]
    ) -> EncodedMessage {
        message { writer in
            compare(&writer, key, target: 3) { $0.data(7, expected) }
            compare(&writer, key, target: 4) { $0.int64(8, lease) }
            if value != expected { writer.message(2) { putOperation(&$0, key, value, lease) } }
            writer.message(3) { $0.message(1) { $0.data(1, key) } }
            writer.message(3) { putOperation(&$0, key, value, lease) }
        }
    }

    /// Grants a lease.
    package static func leaseGrant(seconds: Int64) -> EncodedMessage {
        message { $0.int64(1, seconds) }
    }

    /// Names a lease: of `LeaseRevoke` and `LeaseKeepAlive`.
    package static func lease(_ id: Int64) -> EncodedMessage { message { $0.int64(1, id) } }

    /// Begins a watch of the keys from `key` up to `end`, beginning with a revision.
    package static func watch(
        _ key: [UInt8], _ end: [UInt8], from revision: Int64
    ) -> EncodedMessage {
        message { writer in
            writer.message(1) { create in
                create.data(1, key)
                create.data(2, end)
                create.int64(3, revision)
                create.varint(8, 1)
            }
        }
    }

    /// Asks a watch for a sign of life.
    package static let watchProgress = message { $0.message(3) { _ in } }

    /// Logs in.
    package static func authenticate(_ name: String, _ password: String) -> EncodedMessage {
        message { writer in
            writer.text(1, name)
            writer.text(2, password)
        }
    }

    private static func compare(
        _ writer: inout FieldWriter, _ key: [UInt8], target: UInt64,
        _ value: (inout FieldWriter) -> Void
    ) {
        writer.message(1) { compare in
            compare.varint(2, target)
            compare.data(3, key)
            value(&compare)
        }
    }

    private static func putOperation(
        _ writer: inout FieldWriter, _ key: [UInt8], _ value: [UInt8], _ lease: Int64
    ) {
        writer.message(2) { put in
            put.data(1, key)
            put.data(2, value)
            put.int64(3, lease)
        }
    }

    private static func message(_ write: (inout FieldWriter) -> Void) -> EncodedMessage {
        var writer = FieldWriter()
        write(&writer)
        let bytes = writer.bytes
        return EncodedMessage(count: bytes.count) { $0.copyBytes(from: bytes) }
    }
}
