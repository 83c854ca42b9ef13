// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the numbers of a tensor are stored (C: `enum ggml_type`). Without the types that ggml has withdrawn (4, 5, 31 to
/// 33, 36 to 38).
package enum GGMLType: UInt32, CaseIterable, Sendable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q8_1 = 9
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case q8_K = 15
    case iq2_XXS = 16
    case iq2_XS = 17
    case iq3_XXS = 18
    case iq1_S = 19
    case iq4_NL = 20
    case iq3_S = 21
    case iq2_S = 22
    case iq4_XS = 23
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case iq1_M = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39
    case nvfp4 = 40
    case q1_0 = 41
    case q2_0 = 42

    /// The unit of storage: so many numbers in so many bytes.
    package struct Block: Equatable, Sendable {
        package let elements: UInt64
        package let bytes: UInt64

        init(_ elements: UInt64, _ bytes: UInt64) {
            self.elements = elements
            self.bytes = bytes
        }
    }

    /// The block of this type; plain numbers are blocks of one.
    package var block: Block {
        switch self {
        case .i8: Block(1, 1)
        case .f16, .bf16, .i16: Block(1, 2)
        case .f32, .i32: Block(1, 4)
        case .f64, .i64: Block(1, 8)
        case .q4_0: Block(32, 18)
        case .q4_1: Block(32, 20)
        case .q5_0: Block(32, 22)
        case .q5_1: Block(32, 24)
        case .q8_0: Block(32, 34)
        case .q8_1: Block(32, 36)
        case .q2_K: Block(256, 84)
        case .q3_K: Block(256, 110)
        case .q4_K: Block(256, 144)
        case .q5_K: Block(256, 176)
        case .q6_K: Block(256, 210)
        case .q8_K: Block(256, 292)
        case .iq1_S: Block(256, 50)
        case .iq1_M: Block(256, 56)
        case .iq2_XXS: Block(256, 66)
        case .iq2_XS: Block(256, 74)
        case .iq2_S: Block(256, 82)
        case .iq3_XXS: Block(256, 98)
        case .iq3_S: Block(256, 110)
        case .iq4_XS: Block(256, 136)
        case .iq4_NL: Block(32, 18)
        case .tq1_0: Block(256, 54)
        case .tq2_0: Block(256, 66)
        case .mxfp4: Block(32, 17)
        case .nvfp4: Block(64, 36)
        case .q1_0: Block(128, 18)
        case .q2_0: Block(64, 18)
        }
    }

    /// The bytes of a tensor with these dimensions, the row first. Nil when a row is not a multiple of the block, or when
    /// the number does not fit into 64 bits. A tensor without dimensions is one number.
    package func byteCount(of dimensions: [UInt64]) -> UInt64? {
        let row = dimensions.first ?? 1
        guard row.isMultiple(of: block.elements) else { return nil }
        var total = row / block.elements
        for factor in dimensions.dropFirst() + [block.bytes] {
            let (product, overflow) = total.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            total = product
        }
        return total
    }
}
