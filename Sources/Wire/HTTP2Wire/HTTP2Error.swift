// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a session cannot go on. It is over: flush what is left to send and close the connection.
package enum HTTP2Error: Error, Equatable, Sendable {
    /// The first bytes are not HTTP/2's connection preface. The peer's fault.
    case badPreface
    /// The peer makes us hold or do too much (limit named in `what`). The peer's fault.
    case excessive(what: StaticString)
    /// The peer broke a rule so badly that the library gives up; `text` is its reason.
    case violation(text: String)
    /// No memory for the library.
    case outOfMemory

    /// For a person, in one line.
    package var text: String {
        switch self {
        case .badPreface: "not HTTP/2: the connection preface is missing"
        case .excessive(let what): "the peer went beyond a limit: \(what)"
        case .violation(let text): "HTTP/2 violation: \(text)"
        case .outOfMemory: "out of memory"
        }
    }

    /// The code that the peer is told.
    var code: HTTP2ErrorCode {
        switch self {
        case .badPreface, .violation: .protocolError
        case .excessive: .enhanceYourCalm
        case .outOfMemory: .internalError
        }
    }

    /// What the peer is told.
    var goAwayText: StaticString {
        switch self {
        case .badPreface: "the connection preface is missing"
        case .excessive(let what): what
        case .violation: "a rule of HTTP/2 is broken"
        case .outOfMemory: "out of memory"
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }
}
