// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// What one loop has counted of its connections since the start: plain integers, which only this loop touches.
package struct TrafficCounters: Sendable {
    /// Connections that speak one protocol.
    package struct Connections: Sendable {
        /// Connections whose protocol became known.
        package internal(set) var opened = 0
        /// Those of them that have closed.
        package internal(set) var closed = 0

        /// Those that are open now.
        package var open: Int { opened - closed }
    }

    /// What one kind of client has done.
    package struct Client: Sendable {
        /// Connections with a request.
        package internal(set) var connections = 0
        /// Requests. Those of a connection that is open are counted about once a second.
        package internal(set) var requests = 0
    }

    /// Connections that were let in.
    package internal(set) var accepted = 0
    /// Connections of HTTP/2.
    package internal(set) var http2 = Connections()
    /// Connections of HTTP/1.x.
    package internal(set) var http1 = Connections()
    /// When the latest call of gRPC began.
    package internal(set) var latestCall = MonotonicTime(nanoseconds: .min)
    /// Bytes from clients, as they are on the wire.
    package internal(set) var bytesReceived = 0
    /// Bytes to clients, as they are on the wire.
    package internal(set) var bytesSent = 0
    /// Clients that were asked to leave: idle or old connections, and all of them at the end.
    package internal(set) var leaveNotices = 0
    /// Full TLS handshakes that ended well.
    package internal(set) var handshakes = 0
    /// Short TLS handshakes, of clients that showed a ticket.
    package internal(set) var resumedHandshakes = 0
    /// TLS handshakes that failed, or whose client left.
    package internal(set) var failedHandshakes = 0
    private var clients = [Client](repeating: Client(), count: ClientKind.allCases.count)
    /// Answers in plain HTTP, by status: the first is that of 100.
    private var answers = [Int](repeating: 0, count: 500)

    /// Nothing was counted.
    package init() {}

    /// What this kind of client has done.
    package internal(set) subscript(kind: ClientKind) -> Client {
        get { clients[kind.rawValue] }
        set { clients[kind.rawValue] = newValue }
    }

    /// Answers in plain HTTP: each status that was sent, and how often.
    package var httpAnswers: [(status: Int, count: Int)] {
        answers.indices.filter { answers[$0] > 0 }.map { ($0 + 100, answers[$0]) }
    }

    /// Counts an answer in plain HTTP.
    mutating func answered(_ status: Int) {
        if answers.indices.contains(status - 100) { answers[status - 100] &+= 1 }
    }

    mutating func add(_ other: TrafficCounters) {
        accepted += other.accepted
        for connections in [\TrafficCounters.http1, \.http2] {
            self[keyPath: connections].opened += other[keyPath: connections].opened
            self[keyPath: connections].closed += other[keyPath: connections].closed
        }
        latestCall = max(latestCall, other.latestCall)
        bytesReceived += other.bytesReceived
        bytesSent += other.bytesSent
        leaveNotices += other.leaveNotices
        handshakes += other.handshakes
        resumedHandshakes += other.resumedHandshakes
        failedHandshakes += other.failedHandshakes
        for kind in clients.indices {
            clients[kind].connections += other.clients[kind].connections
            clients[kind].requests += other.clients[kind].requests
        }
        for index in answers.indices { answers[index] += other.answers[index] }
    }
}
