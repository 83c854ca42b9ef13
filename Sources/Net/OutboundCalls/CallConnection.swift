// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCClient
package import GRPCWire
package import Outbound
import SystemIO

/// A connection to a gRPC server that a loop drives, with several calls at once. Belongs to the loop.
///
/// It is for one connection: when that has ended, its calls have ended with UNAVAILABLE, and their owner makes a new one.
package final class CallConnection {
    private let loop: EventLoop
    private var exchange: ClientExchange
    private var dial: OutboundDial?
    private var connection: OutboundConnection?
    private var calls: [OutboundCall] = []
    /// Why it has ended; nil while it goes on.
    package private(set) var failure: String?

    /// Starts to connect. Calls may be made at once; they are sent when the connection is open.
    package static func open(
        to target: OutboundTarget, _ configuration: ClientConfiguration, on loop: EventLoop,
        _ resolver: OutboundResolver, _ buffer: ReceiveBuffer, within limit: Duration
    ) throws(ConnectionError) -> CallConnection {
        let connection = CallConnection(try .make(configuration), loop)
        let dial = OutboundDial(to: target, on: loop, resolver, buffer, within: limit) {
            [weak connection] result in
            connection?.dialled(result)
        }
        connection.dial = dial
        dial.start()
        return connection
    }

    private init(_ exchange: consuming ClientExchange, _ loop: EventLoop) {
        self.exchange = exchange
        self.loop = loop
    }

    deinit {
        dial?.cancel()
        connection?.close()
    }

    /// It has not ended, and its server takes new calls.
    package var takesCalls: Bool { failure == nil && exchange.goAway == nil }

    /// Starts a call. Its events come later, never inside this; the last is ``OutboundCall/Event/ended(_:)``.
    package func start(
        _ request: ClientRequest, _ onEvent: @escaping (OutboundCall.Event) -> Void
    ) -> OutboundCall {
        let call = OutboundCall(exchange.start(request, at: .now()), onEvent)
        calls.append(call)
        if let failure { exchange.end(call.call, Status(.unavailable, failure), at: .now()) }
        if call.deadline != .distantFuture {
            call.timer = loop.schedule(at: call.deadline) { [weak self, weak call] in
                guard let self, let call else { return }
                call.timer = nil
                self.end(call, Status(.deadlineExceeded, "no answer in time"))
            }
        }
        pumpLater()
        return call
    }

    /// Makes a unary call: one message, or a status other than OK.
    @discardableResult
    package func ask(
        _ request: ClientRequest, _ done: @escaping (Result<[UInt8], Status>) -> Void
    ) -> OutboundCall {
        var answer: [UInt8]?
        return start(request) { event in
            switch event {
            case .message(let message): answer = answer ?? message
            case .ended(let status) where status.code != .ok: done(.failure(status))
            case .ended:
                let missing = Status(.internal, "the server sent no message where one is due")
                done(answer.map { .success($0) } ?? .failure(missing))
            }
        }
    }

    /// Sends one more message of a call that streams; false when that cannot be.
    package func send(_ message: EncodedMessage, on call: OutboundCall) -> Bool {
        guard failure == nil, exchange.send(message, on: call.call) else { return false }
        pumpLater()
        return true
    }

    /// Ends a call without an event.
    package func cancel(_ call: OutboundCall) {
        call.onEvent = nil
        end(call, Status(.cancelled, "cancelled by the client"))
    }

    /// Ends it, and every call with UNAVAILABLE and this reason.
    package func close(_ reason: String) { fail(reason) }

    private func end(_ call: OutboundCall, _ status: Status) {
        exchange.end(call.call, status, at: .now())
        pumpLater()
    }

    // MARK: The connection

    private func dialled(_ result: Result<OutboundConnection, OutboundFailure>) {
        dial = nil
        switch result {
        case .failure(let failure): fail(failure.text)
        case .success(let connection):
            self.connection = connection
            connection.onEvent = { [weak self] event in
                switch event {
                case .opened: break
                case .received(let bytes): self?.received(bytes)
                case .ended(let failure): self?.fail(failure.text)
                }
            }
            pump()
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(ConnectionError) {
            try exchange.receive(bytes, at: .now())
        } catch {
            fail(error.text)
        }
        pump()
    }

    /// Several calls of one tick go out together, and no event comes inside the call that causes it.
    private var isPumpDue = false

    private func pumpLater() {
        if isPumpDue { return }
        isPumpDue = true
        loop.atEndOfTick { [self] in
            isPumpDue = false
            pump()
        }
    }

    /// Sends what waits, and tells what came.
    private func pump() {
        if let connection, failure == nil {
            do throws(ConnectionError) {
                let output = try exchange.takeOutput(at: .now())
                if !output.isEmpty { connection.send(output) }
                if let end = exchange.end { throw end }
            } catch {
                fail(error.text)
            }
        }
        for call in calls { call.tell(loop) }
        calls.removeAll { $0.isOver }
    }

    private func fail(_ reason: String) {
        guard failure == nil else { return }
        failure = reason
        dial?.cancel()
        dial = nil
        connection?.close()
        connection = nil
        exchange.endAll(Status(.unavailable, reason), at: .now())
        pumpLater()
    }
}
