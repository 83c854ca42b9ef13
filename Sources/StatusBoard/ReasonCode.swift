// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The kind of cause of an outcome: one word that tells a client nothing about the inside.
public struct ReasonCode: RawRepresentable, Hashable, Sendable {
    /// The word, in lower case with hyphens.
    public let rawValue: String

    /// A code of this word. The public side shows only words of the constants below.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Less memory is available than is required, or it cannot be measured.
    public static let lowMemory = ReasonCode(rawValue: "low-memory")
    /// Something is not loaded yet, or has no first result.
    public static let loading = ReasonCode(rawValue: "loading")
    /// The process is on its way to its end.
    public static let draining = ReasonCode(rawValue: "draining")
    /// An operator has taken the service out.
    public static let maintenance = ReasonCode(rawValue: "maintenance")
    /// Another server that is needed does not work.
    public static let dependency = ReasonCode(rawValue: "dependency")
    /// A loop or a request makes no progress.
    public static let stalled = ReasonCode(rawValue: "stalled")
    /// Too many requests wait.
    public static let queue = ReasonCode(rawValue: "queue")
}
