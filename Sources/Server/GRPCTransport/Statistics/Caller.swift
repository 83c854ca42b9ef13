// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire

/// Who calls on a connection of HTTP/2, and how many of its requests are counted for that kind of client.
///
/// The user agent is read once, from the first request; it is left unread in all others. How many requests there were
/// follows from the number of the latest stream, which is looked at about once a second and at the end.
struct Caller {
    /// Known from the first request.
    private(set) var kind: ClientKind?
    private var counted = 0

    /// The first request came; who calls.
    mutating func meet(_ block: HeaderBlock, _ traffic: inout TrafficCounters) -> ClientKind {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let kind = ClientKind(userAgent: block.value(of: .userAgent) ?? nothing)
        self.kind = kind
        traffic[kind].connections += 1
        return kind
    }

    /// The latest stream is this one: counts those since the latest count.
    mutating func count(until latest: StreamID, _ traffic: inout TrafficCounters) {
        guard let kind else { return }
        // A client's streams have odd numbers.
        let requests = (Int(latest.rawValue) + 1) / 2
        traffic[kind].requests += requests - counted
        counted = requests
    }
}
