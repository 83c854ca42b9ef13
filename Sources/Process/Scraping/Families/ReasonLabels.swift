// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import HTTP2Wire

extension DropReason {
    /// Its name in a label.
    var label: String {
        switch self {
        case .handshakeTimeout: "handshake_timeout"
        case .slowHeaders: "slow_headers"
        case .stalled: "stalled"
        case .unresponsive: "unresponsive"
        case .tooManyPings: "too_many_pings"
        case .flood: "flood"
        case .overdue: "overdue"
        case .heldBytes: "held_bytes"
        case .tooManyConnections: "too_many_connections"
        case .evicted: "evicted"
        case .tooManyHandshakes: "too_many_handshakes"
        case .tooManyRequests: "too_many_requests"
        case .notHTTP: "not_http"
        case .violation: "violation"
        case .tls: "tls"
        }
    }
}

extension BrokenRule {
    /// Its name in a label.
    var label: String {
        switch self {
        case .malformedField: "malformed_field"
        case .malformedRequest: "malformed_request"
        case .tooManyStreams: "too_many_streams"
        case .flowControl: "flow_control"
        case .other: "other"
        }
    }
}
