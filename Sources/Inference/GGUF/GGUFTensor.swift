// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One entry of a GGUF file's tensor table.
package struct GGUFTensor: Equatable, Sendable {
    /// At most 64 bytes.
    package let name: String

    /// The lengths of the dimensions, the row (contiguous numbers) first; at most four.
    package let dimensions: [UInt64]

    package let type: GGMLType

    /// Where its data begins: bytes from the start of the data section, a multiple of the alignment.
    package let offset: UInt64

    /// The length of its data in bytes.
    package let byteCount: UInt64
}
