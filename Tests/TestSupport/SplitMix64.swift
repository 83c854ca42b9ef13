// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same in every run (SplitMix64).
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    /// A generator whose numbers depend on `seed` alone.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}

/// Changes a few bytes of `good` in one of several ways: flips, cuts, repeats, inserts.
package func mutated(_ good: [UInt8], with generator: inout SplitMix64) -> [UInt8] {
    var bytes = good
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
        if bytes.isEmpty { return bytes }
        let index = bytes.indices.randomElement(using: &generator)!
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[index] = .random(in: .min ... .max, using: &generator)
        case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.insert(.random(in: .min ... .max, using: &generator), at: index)
        case 3: bytes.remove(at: index)
        default:
            let end = min(bytes.count, index + Int.random(in: 1...40, using: &generator))
            bytes.insert(contentsOf: bytes[index..<end], at: index)
        }
    }
    return bytes
}
