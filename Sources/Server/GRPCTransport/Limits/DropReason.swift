// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// Why the server ended a connection that its client wanted to keep. A closed set: each has a line in the log at
/// most every few seconds, and a counter.
package enum DropReason: Int, CaseIterable, Sendable {
    /// The preface, the TLS handshake or the SETTINGS did not come in time.
    case handshakeTimeout
    /// A header block was begun, and not ended in time.
    case slowHeaders
    /// The client takes nothing of what waits for it.
    case stalled
    /// A keepalive PING was not answered.
    case unresponsive
    /// More PINGs than the policy allows.
    case tooManyPings
    /// More frames without use than the budget allows.
    case flood
    /// Asked to leave because of age, and still there after the grace.
    case overdue
    /// Too many bytes are held for all clients together, and more were to be held for this one.
    case heldBytes
    /// There are as many connections as there may be, none of them idle.
    case tooManyConnections
    /// It was idle, and its place was wanted.
    case evicted
    /// There are as many TLS handshakes under way as there may be.
    case tooManyHandshakes
    /// More requests of HTTP/1.x, or more bytes of them, than the budget allows.
    case tooManyRequests
    /// The bytes are neither HTTP/2 nor HTTP/1.1.
    case notHTTP
    /// A rule of HTTP/2 was broken in a way that ends connections.
    case violation
    /// The TLS handshake, or a record after it, failed.
    case tls

    /// For a person, in a log or as the debug text of GOAWAY.
    package var text: StaticString {
        switch self {
        case .handshakeTimeout: "the client did not finish its handshake in time"
        case .slowHeaders: "the client did not finish a header block in time"
        case .stalled: "the client takes nothing of what waits for it"
        case .unresponsive: "the client did not answer a keepalive PING"
        case .tooManyPings: "too_many_pings"
        case .flood: "too many frames that bring no call forward"
        case .overdue: "the client was asked to leave and did not"
        case .heldBytes: "too many bytes are held for clients"
        case .tooManyConnections: "too many connections"
        case .evicted: "idle, and its place was wanted"
        case .tooManyHandshakes: "too many TLS handshakes at once"
        case .tooManyRequests: "too many HTTP/1.x requests"
        case .notHTTP: "neither HTTP/2 nor HTTP/1.1"
        case .violation: "HTTP/2 violation"
        case .tls: "TLS"
        }
    }

    /// What GOAWAY says.
    var code: HTTP2ErrorCode {
        switch self {
        case .slowHeaders, .stalled, .tooManyPings, .flood, .heldBytes, .tooManyRequests:
            .enhanceYourCalm
        case .handshakeTimeout: .settingsTimeout
        case .notHTTP, .violation, .tls: .protocolError
        case .unresponsive, .overdue, .tooManyConnections, .evicted, .tooManyHandshakes: .noError
        }
    }
}
