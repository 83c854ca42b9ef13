// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What an answer of the upstream may take: what the tokens that were asked for need, and not what it likes to send.
struct CompletionLimits: Equatable, Sendable {
    /// Bytes of the text. The longest tokens have some 128 bytes, the usual ones 4.
    let text: Int
    /// Bytes of a body in one object; a character may be written in six bytes.
    let object: Int
    /// Bytes of a body of events: some 300 for each token, and what is told at the end.
    let events: Int
    /// Values of one JSON text.
    let values: Int

    private static let base = 64 << 10

    init(maxTokens: Int32) {
        let tokens = Int(clamping: maxTokens)
        text = Self.base + 32 * tokens
        object = Self.base + 64 * tokens
        events = Self.base + 2048 * tokens
        // More than one for each token only where probabilities come with it.
        values = 4096 + 4 * tokens
    }

    /// Of a body whose kind is not known yet.
    var body: Int { max(object, events) }
}
