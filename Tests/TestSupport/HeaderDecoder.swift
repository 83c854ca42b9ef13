// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// Decodes the header blocks of one direction of one connection (HPACK is stateful).
package final class HeaderDecoder {
    private var inflater: OpaquePointer?

    package init() { nghttp2_hd_inflate_new(&inflater) }

    deinit { nghttp2_hd_inflate_del(inflater) }

    /// The fields of a whole block, "name: value" each; nil when it is broken.
    package func decode(_ block: [UInt8]) -> [String]? {
        var fields: [String] = []
        var rest = block[...]
        while true {
            var field = nghttp2_nv()
            var flags: CInt = 0
            let count = rest.withUnsafeBufferPointer {
                nghttp2_hd_inflate_hd2(inflater, &field, &flags, $0.baseAddress, $0.count, 1)
            }
            if count < 0 { return nil }
            rest = rest.dropFirst(count)
            if flags & CInt(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                let name = UnsafeBufferPointer(start: field.name, count: field.namelen)
                let value = UnsafeBufferPointer(start: field.value, count: field.valuelen)
                fields.append(
                    String(decoding: name, as: UTF8.self) + ": "
                        + String(decoding: value, as: UTF8.self))
            }
            if flags & CInt(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(inflater)
                return fields
            }
            if count == 0, rest.isEmpty { return nil }
        }
    }
}
