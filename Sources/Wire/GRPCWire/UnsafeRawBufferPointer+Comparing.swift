// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

extension UnsafeRawBufferPointer {
    /// The bytes are those of a constant.
    @inline(__always)
    package func isEqual(to constant: StaticString) -> Bool {
        count == constant.utf8CodeUnitCount && isEqual(toPrefixOf: constant)
    }

    /// The bytes are the first ones of a constant.
    @inline(__always)
    package func isEqual(toPrefixOf constant: StaticString) -> Bool {
        guard count <= constant.utf8CodeUnitCount else { return false }
        return isEmpty || memcmp(baseAddress!, constant.utf8Start, count) == 0
    }
}
