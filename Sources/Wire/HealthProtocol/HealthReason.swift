// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a name is not SERVING, in one word for clients that may know it. A word names the area of the problem, and no
/// internals of the server.
public enum HealthReason: String, CaseIterable, Sendable {
    /// The machine or its control group has too little memory left.
    case lowMemory = "low-memory"
    /// The service is not loaded yet, or could not be loaded.
    case loading
    /// The server is shutting down.
    case draining
    /// An operator has taken it out of service.
    case maintenance
    /// A dependency is not healthy.
    case dependency
    /// It makes no progress.
    case stalled
    /// Too much work is waiting.
    case queue
    /// An operator tries what happens when the name is not SERVING; nothing is wrong.
    case drill
}

extension HealthReason {
    /// The same as constant bytes for a header field.
    package var word: StaticString {
        switch self {
        case .lowMemory: "low-memory"
        case .loading: "loading"
        case .draining: "draining"
        case .maintenance: "maintenance"
        case .dependency: "dependency"
        case .stalled: "stalled"
        case .queue: "queue"
        case .drill: "drill"
        }
    }

    /// The trailer that has the word.
    package static let fieldName: StaticString = "vitals-reason-code"

    /// The word of a server, which may be newer than this list; nil when it is none: lower-case letters and hyphens,
    /// 32 at most.
    package static func word(_ value: UnsafeRawBufferPointer) -> String? {
        guard !value.isEmpty, value.count <= 32 else { return nil }
        let isWord = value.allSatisfy { byte in
            byte == UInt8(ascii: "-") || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
        }
        return isWord ? String(decoding: value, as: UTF8.self) : nil
    }
}
