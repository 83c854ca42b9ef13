// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCWire
import SystemIO

/// The API of an embedder: connect, ask, read the answers.
extension ClientConnection {
    /// Connects to one of the addresses of `target`, and waits for the server's SETTINGS. A server that starts late is
    /// found: what fails is tried again until `timeout` is over.
    public static func connect(
        to target: ClientTarget, _ configuration: ClientConfiguration = ClientConfiguration(),
        timeout: Duration = .seconds(5)
    ) throws(ConnectionError) -> ClientConnection {
        let deadline = MonotonicTime.now() + timeout
        let configuration = configuration.completed(for: target)
        var dial = ClientDial(try target.resolve(until: deadline), until: deadline) {
            address throws(ConnectionError) in
            try ClientConnection.open(address, configuration, [])
        }
        return try dial.run()
    }

    /// Makes a unary call, and waits for its answer.
    public func answer(to request: ClientRequest) throws(Status) -> [UInt8] {
        let call = start(request)
        guard let message = try nextMessage(of: call) else {
            throw Status(.internal, "the server sent no message where one is due")
        }
        guard try nextMessage(of: call) == nil else {
            cancel(call)
            throw Status(.internal, "the server sent several messages where one is due")
        }
        return message
    }

    /// Waits for the next message of a call; nil when the call has ended with OK. Throws any other status that ended
    /// it: the server's, DEADLINE_EXCEEDED when the time of the request is over, or UNAVAILABLE when the connection is
    /// lost.
    ///
    /// With `limit` it waits no longer than that: then it throws DEADLINE_EXCEEDED, and the call goes on.
    public func nextMessage(
        of call: ClientCall, within limit: Duration? = nil
    ) throws(Status) -> [UInt8]? {
        let waitEnd = limit.map { .now() + $0 } ?? MonotonicTime.distantFuture
        do throws(ConnectionError) {
            let isDone = try advance(until: min(call.deadline, waitEnd)) {
                !call.messages.isEmpty || call.status != nil
            }
            if !isDone, call.deadline <= waitEnd {
                end(call, Status(.deadlineExceeded, "the deadline has passed"))
            }
        } catch {
            endAll(Status(.unavailable, error.text))
        }
        if let message = call.takeMessage() { return message }
        guard let status = call.status else {
            throw Status(.deadlineExceeded, "no message came in this time: the call goes on")
        }
        if status.code == .ok { return nil }
        throw status
    }

    /// Ends a call, unless it has ended: its status is CANCELLED.
    public func cancel(_ call: ClientCall) {
        end(call, Status(.cancelled, "cancelled by the client"))
    }
}

extension ClientConfiguration {
    /// With the target's own names where none is given.
    func completed(for target: ClientTarget) -> ClientConfiguration {
        var configuration = self
        if authority.isEmpty { configuration.authority = target.authority }
        if serverName.isEmpty { configuration.serverName = Self.host(of: configuration.authority) }
        return configuration
    }

    /// An authority without its port.
    package static func host(of authority: String) -> String {
        let bytes = Array(authority.utf8)
        // Several colons are an IPv6 address without a port, unless it is in brackets.
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")), bytes.last != UInt8(ascii: "]"),
            bytes.firstIndex(of: UInt8(ascii: ":")) == colon || bytes[0] == UInt8(ascii: "[")
        else { return authority }
        return String(decoding: bytes[..<colon], as: UTF8.self)
    }
}
