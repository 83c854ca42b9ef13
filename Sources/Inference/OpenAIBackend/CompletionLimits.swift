// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How large an answer of the upstream may be: what the requested tokens need.
struct CompletionLimits: Equatable, Sendable {
    /// Bytes of the text. The longest tokens have about 128 bytes, usual ones 4.
    let text: Int
    /// Bytes of a body in one object; an escaped character has six bytes.
    let object: Int
    /// Bytes of a body of events: about 300 for each token, and a summary at the end.
    let events: Int
    /// Values of one JSON text.
    let values: Int

    private static let base = 64 << 10

    init(maxTokens: Int32) {
        let tokens = Int(clamping: maxTokens)
        text = Self.base + 32 * tokens
        object = Self.base + 64 * tokens
        events = Self.base + 2048 * tokens
        // Several for each token only when there are probabilities.
        values = 4096 + 4 * tokens
    }

    /// Bytes of a body whose kind is not known yet.
    var body: Int { max(object, events) }
}
