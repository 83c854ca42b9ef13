// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
import ProtobufWire

/// `WatchResponse`.
package struct EtcdWatchResponse: Equatable, Sendable {
    /// What happened to a key.
    package struct Event: Equatable, Sendable {
        /// The key was removed; the entry has no value.
        package let isDeletion: Bool
        package let entry: EtcdEntry
    }

    package var header = EtcdHeader()
    /// The watch goes on from now on.
    package var isCreated = false
    /// The watch has ended.
    package var isCancelled = false
    /// What was asked for is gone; the first revision that is still there. 0 when that is not the reason.
    package var compactRevision: Int64 = 0
    /// Why it has ended.
    package var reason = ""
    /// The rest of the same revision follows in another response.
    package var isFragment = false
    package var events: [Event] = []

    /// Reads a response.
    package init(_ bytes: [UInt8]) throws(Status) {
        self = try bytes.withBuffer { buffer throws(Status) in try EtcdWatchResponse(buffer) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: EtcdLimits.entries)
        while let field = try reader.next() {
            switch field.number {
            case 1: header = try EtcdHeader(try field.bytes())
            case 3: isCreated = try field.bool()
            case 4: isCancelled = try field.bool()
            case 5: compactRevision = try field.int64()
            case 6: reason = String(decoding: try field.bytes().prefix(512), as: UTF8.self)
            case 7: isFragment = try field.bool()
            case 11: events.append(try Self.event(try field.bytes()))
            default: break
            }
        }
    }

    private static func event(_ bytes: UnsafeRawBufferPointer) throws(Status) -> Event {
        var isDeletion = false
        var entry: EtcdEntry?
        var reader = FieldReader(bytes, maxFields: EtcdLimits.fields)
        while let field = try reader.next() {
            switch field.number {
            case 1: isDeletion = try field.int32() == 1
            case 2: entry = try EtcdEntry(try field.bytes())
            default: break
            }
        }
        guard let entry else { throw Status(.internal, "an event of etcd is about no key") }
        return Event(isDeletion: isDeletion, entry: entry)
    }
}
