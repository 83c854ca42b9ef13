// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A key or the name of a tensor, in the bytes of the file.
///
/// Not a String, because two different names may be equal as Strings (Unicode's equivalence), and not a copy, because a
/// file may have millions of them. Valid as long as the bytes are.
struct GGUFName: Hashable {
    let bytes: UnsafeRawBufferPointer

    static func == (left: Self, right: Self) -> Bool { left.bytes.elementsEqual(right.bytes) }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }

    /// Whether it is this ASCII text.
    func isEqual(to text: StaticString) -> Bool {
        bytes.elementsEqual(
            UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Its text; what is not UTF-8 is replaced.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Printable, whatever bytes the file has.
    var printable: String { String(printable: bytes) }
}
