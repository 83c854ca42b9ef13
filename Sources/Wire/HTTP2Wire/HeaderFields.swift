// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Header fields to send: either a fixed table, which is sent without a copy, or made for one message.
public enum HeaderFields {
    case fixed(FixedHeaderFields)
    case custom([(name: String, value: String)])

    /// Calls `body` with the table that nghttp2 takes.
    @inline(__always)
    func withNameValues<Result>(
        _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        switch self {
        case .fixed(let fields): body(fields.table.baseAddress, fields.table.count)
        case .custom(let fields): Self.withTable(of: fields, body)
        }
    }

    @inline(never)
    private static func withTable<Result>(
        of fields: [(name: String, value: String)],
        _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        var bytes: [UInt8] = []
        // Grown step by step they were a fortieth of a run of the probe.
        bytes.reserveCapacity(
            fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count })
        for field in fields {
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(contentsOf: field.value.utf8)
        }
        return bytes.withUnsafeMutableBufferPointer { storage in
            var table: [nghttp2_nv] = []
            table.reserveCapacity(fields.count)
            var place = 0
            for field in fields {
                let (name, value) = (field.name.utf8.count, field.value.utf8.count)
                let start = storage.baseAddress.map { $0 + place }
                table.append(
                    nghttp2_nv(
                        name: start, value: start.map { $0 + name }, namelen: name,
                        valuelen: value, flags: 0))
                place += name + value
            }
            return table.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
        }
    }
}

/// Header fields that never change. nghttp2 reads them where they stand, so they are never freed: make one as a
/// `static let`.
///
/// Unchecked Sendable: the table is written once, here, and its strings are constants of the program.
public struct FixedHeaderFields: @unchecked Sendable {
    let table: UnsafeBufferPointer<nghttp2_nv>

    /// A table of constant names and values, pseudo-header fields first.
    package init(_ fields: [(name: StaticString, value: StaticString)]) {
        let table = UnsafeMutableBufferPointer<nghttp2_nv>.allocate(capacity: fields.count)
        let flags = UInt8(
            NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        for (index, field) in fields.enumerated() {
            table.initializeElement(
                at: index,
                to: nghttp2_nv(
                    name: UnsafeMutablePointer(mutating: field.name.utf8Start),
                    value: UnsafeMutablePointer(mutating: field.value.utf8Start),
                    namelen: field.name.utf8CodeUnitCount,
                    valuelen: field.value.utf8CodeUnitCount, flags: flags))
        }
        self.table = UnsafeBufferPointer(table)
    }
}
