// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GGUF

@Suite("A ggml type")
struct GGMLTypeTests {
    @Test("Tensors of real models have their real sizes")
    func realSizes() {
        // A matrix of 4096 by 4096: bits a weight from ggml's own tables, times 2^24 / 8.
        let bitsPerWeight: [GGMLType: Double] = [
            .f32: 32, .f16: 16, .bf16: 16, .f64: 64, .q4_0: 4.5, .q4_1: 5, .q5_0: 5.5, .q5_1: 6,
            .q8_0: 8.5, .q8_1: 9, .q2_K: 2.625, .q3_K: 3.4375, .q4_K: 4.5, .q5_K: 5.5,
            .q6_K: 6.5625, .q8_K: 9.125, .iq1_S: 1.5625, .iq1_M: 1.75, .iq2_XXS: 2.0625,
            .iq2_XS: 2.3125, .iq2_S: 2.5625, .iq3_XXS: 3.0625, .iq3_S: 3.4375, .iq4_NL: 4.5,
            .iq4_XS: 4.25, .tq1_0: 1.6875, .tq2_0: 2.0625, .mxfp4: 4.25, .nvfp4: 4.5,
            .q1_0: 1.125, .q2_0: 2.25, .i8: 8, .i16: 16, .i32: 32, .i64: 64,
        ]
        #expect(bitsPerWeight.count == GGMLType.allCases.count)
        for (type, bits) in bitsPerWeight {
            let expected = UInt64(bits * Double(1 << 24) / 8)
            #expect(type.byteCount(of: [4096, 4096]) == expected, "\(type)")
        }
    }

    @Test("Only the row must be whole blocks")
    func rows() {
        #expect(GGMLType.q4_0.byteCount(of: [32, 3, 5]) == 270)
        #expect(GGMLType.q4_0.byteCount(of: [16, 2]) == nil)
        #expect(GGMLType.q4_0.byteCount(of: []) == nil)
        #expect(GGMLType.f16.byteCount(of: []) == 2)
    }

    @Test("Sizes beyond 64 bits are nil")
    func overflow() {
        #expect(GGMLType.i8.byteCount(of: [.max]) == .max)
        #expect(GGMLType.i16.byteCount(of: [.max]) == nil)
        #expect(GGMLType.i8.byteCount(of: [1 << 32, 1 << 31, 2]) == nil)
    }
}
