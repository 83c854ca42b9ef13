// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where the connections of a loop receive.
package final class ReceiveBuffer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 64)

    /// A buffer.
    package init() {}

    deinit { bytes.deallocate() }
}
