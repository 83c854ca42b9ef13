// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import Outbound
import SystemIO

/// One request and its response. Belongs to a loop.
///
/// An idle connection may be dead: when it ends before a response begins, the request is sent again on a new connection.
/// That is safe: a completion has no side effects at the upstream.
final class UpstreamExchange {
    /// What happens, in this order.
    enum Event {
        case head(HTTP1ResponseHead)
        /// Bytes of the body, valid during the call.
        case body(UnsafeRawBufferPointer)
        /// The last event is this or a failure.
        case end
        case failed(UpstreamFailure)
    }

    /// How long the rest of an unneeded response is read, to keep its connection.
    private static let lingerTimeout = Duration.seconds(1)

    private let upstream: Upstream
    private let request: [UInt8]
    private let connectTimeout: Duration
    private var onEvent: ((Event) -> Void)?
    private var reader: HTTP1ResponseReader
    private var dial: OutboundDial?
    private var connection: OutboundConnection?
    private var isReused = false
    private var lingerTimer: TimerID?

    init(
        _ upstream: Upstream, _ request: [UInt8], bodyLimit: Int, connectTimeout: Duration,
        _ onEvent: @escaping (Event) -> Void
    ) {
        self.upstream = upstream
        self.request = request
        self.connectTimeout = connectTimeout
        self.onEvent = onEvent
        var limits = HTTP1Limits()
        limits.body = bodyLimit
        self.reader = HTTP1ResponseReader(limits: limits)
    }

    func start() {
        guard onEvent != nil else { return }
        guard let connection = upstream.takeIdle() else { return open() }
        isReused = true
        use(connection)
    }

    /// Closes the connection now, without an event.
    func cancel() {
        onEvent = nil
        dial?.cancel()
        connection?.close()
        release()
    }

    /// Ends the events, but reads the rest of the response for a short time, so that the connection can be kept.
    func linger() {
        guard onEvent != nil else { return }
        onEvent = { _ in }
        lingerTimer = upstream.loop.schedule(at: upstream.loop.now + Self.lingerTimeout) {
            [weak self] in
            self?.lingerTimer = nil
            self?.cancel()
        }
    }

    private func open() {
        isReused = false
        let parameters = upstream.parameters
        let dial = OutboundDial(
            to: parameters.target, on: upstream.loop, upstream.resolver, upstream.buffer,
            within: connectTimeout
        ) { [self] result in
            self.dial = nil
            switch result {
            case .success(let connection):
                connection.generation = parameters.generation
                use(connection)
            case .failure(let failure): finish(.failed(UpstreamFailure(failure)))
            }
        }
        self.dial = dial
        dial.start()
    }

    private func use(_ connection: OutboundConnection) {
        self.connection = connection
        connection.onEvent = { [self] event in
            switch event {
            case .opened: break
            case .received(let bytes): received(bytes)
            case .ended(let failure): ended(UpstreamFailure(failure))
            }
        }
        connection.send(request)
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        do throws(HTTP1Fault) {
            while onEvent != nil {
                switch try reader.receive(&rest) {
                case .needsMore: return
                case .head(let head): onEvent?(.head(head))
                case .body(let bytes): onEvent?(.body(bytes))
                case .end: return finish(.end, keepsConnection: rest.isEmpty)
                }
            }
        } catch {
            finish(.failed(.malformed("\(error.text)")))
        }
    }

    private func ended(_ failure: UpstreamFailure) {
        connection = nil
        if isReused, !reader.hasBegun {
            open()
            return
        }
        do throws(HTTP1Fault) {
            try reader.inputEnded()
            finish(.end)
        } catch {
            finish(
                .failed(
                    reader.hasBegun ? .cutOff : failure == .cutOff ? .unanswered : failure))
        }
    }

    private func finish(_ event: Event, keepsConnection: Bool = false) {
        if let connection {
            if keepsConnection, reader.keepsConnection, connection.canBeKept {
                upstream.keep(connection)
            } else {
                connection.close()
            }
        }
        let onEvent = onEvent
        self.onEvent = nil
        release()
        onEvent?(event)
    }

    private func release() {
        dial = nil
        connection = nil
        if let lingerTimer { upstream.loop.cancel(lingerTimer) }
        lingerTimer = nil
    }
}
