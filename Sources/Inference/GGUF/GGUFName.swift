// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A key or a tensor's name where it stands in the file's bytes, compared byte by byte.
///
/// It is no String, because two different names may be equal Strings (Unicode's equivalence), and no copy,
/// because a file may hold millions. Valid only as long as the bytes are.
struct GGUFName: Hashable {
    let bytes: UnsafeRawBufferPointer

    static func == (left: Self, right: Self) -> Bool { left.bytes.elementsEqual(right.bytes) }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }

    /// Whether it is this text, in ASCII.
    func isEqual(to text: StaticString) -> Bool {
        bytes.elementsEqual(
            UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Its text, with what is not UTF-8 replaced.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Fit for a log, whatever the file says.
    var printable: String { String(printable: bytes) }
}
