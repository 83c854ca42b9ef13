// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire
import Text

/// What a collector says about a batch that it took (`ExportMetricsServiceResponse`).
struct PushAnswer: Equatable {
    /// Points that it did not take; they must not be sent again.
    private(set) var rejectedPoints = 0
    /// Why, or a warning, in the collector's words; empty for neither.
    private(set) var text = ""

    /// It took everything.
    init() {}

    /// Reads an answer. Throws when the bytes are none.
    init(_ message: [UInt8]) throws(Status) {
        try message.withUnsafeBufferPointer { bytes throws(Status) in
            var reader = FieldReader(UnsafeRawBufferPointer(bytes), maxFields: Self.maxFields)
            while let field = try reader.next() {
                if field.number == 1 { try read(field.bytes()) }
            }
        }
    }

    private static let maxFields = 64
    /// No batch has more: a larger number is the collector's mistake, and must not make a counter overflow.
    private static let maxPoints: Int64 = 1 << 31

    private mutating func read(_ partialSuccess: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(partialSuccess, maxFields: Self.maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1: rejectedPoints = Int(min(max(0, try field.int64()), Self.maxPoints))
            case 2: text = PrintableText.escaped(utf8: Array(try field.bytes()), limit: 512)
            default: break
            }
        }
    }

    /// Adds what was said about another batch.
    mutating func add(_ other: PushAnswer) {
        rejectedPoints &+= other.rejectedPoints
        if text.isEmpty { text = other.text }
    }
}
