// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Dialer
package import EventLoops
import SystemIO
import TLSWire

/// Connects to a host: resolves its name, then drives a ``Dialer/ConnectionRace`` over its addresses.
/// Belongs to a loop.
///
/// Each address has a fair share of the time to itself: one that is silent does not hide the next.
package final class OutboundDial {
    /// Called with the connection, or with why there is none.
    package typealias Completion = (Result<OutboundConnection, OutboundFailure>) -> Void

    private let target: OutboundTarget
    private let loop: EventLoop
    private let buffer: ReceiveBuffer
    private let resolver: OutboundResolver
    private let limit: Duration
    private let deadline: MonotonicTime
    private var completion: Completion?
    /// Nil until the addresses are known.
    private var race: ConnectionRace?
    /// The attempt on each address, while it goes on.
    private var attempts: [OutboundConnection?] = []
    private var timer: TimerID?
    /// How the latest attempt failed.
    private var failure: OutboundFailure?

    /// - Parameter limit: The time for all of it.
    package init(
        to target: OutboundTarget, on loop: EventLoop, _ resolver: OutboundResolver,
        _ buffer: ReceiveBuffer,
        within limit: Duration, _ completion: @escaping Completion
    ) {
        self.target = target
        self.loop = loop
        self.resolver = resolver
        self.buffer = buffer
        self.limit = limit
        self.deadline = .now() + limit
        self.completion = completion
    }

    /// Begins.
    package func start() {
        resolver.resolve(target.place, until: deadline, on: loop) { result in
            switch result {
            case .success(let addresses): self.connect(to: addresses)
            case .failure(let failure): self.finish(.failure(failure))
            }
        }
        // An address was known at once.
        guard race == nil, completion != nil else { return }
        setTimer(deadline) { dial in
            let reason = "no answer to its name within \(dial.limit)"
            dial.finish(.failure(.unreachable(reason: reason)))
        }
    }

    /// Gives up; the completion is not called.
    package func cancel() {
        completion = nil
        stopTimer()
        for attempt in attempts { attempt?.close() }
        attempts = []
    }

    private func connect(to addresses: [SocketAddress]) {
        guard completion != nil else { return }
        let race = ConnectionRace(
            addresses, from: .now(), until: deadline, attemptDelay: limit, retries: false)
        self.race = race
        attempts = race.addresses.map { _ in nil }
        advance()
    }

    private func advance() {
        stopTimer()
        while completion != nil, let action = race?.advance(to: .now()) {
            switch action {
            case .start(let index): open(index)
            case .wait(let time): return setTimer(time) { $0.advance() }
            case .giveUp:
                let timedOut = OutboundFailure.unreachable(reason: "no connection within \(limit)")
                finish(.failure(failure ?? timedOut))
            }
        }
    }

    private func open(_ index: Int) {
        do throws(OutboundFailure) {
            guard let address = race?.addresses[index] else { return }
            let connection = try OutboundConnection.open(
                address, tls: target.startsInPlaintext ? nil : try target.session(),
                on: loop, buffer)
            attempts[index] = connection
            connection.onEvent = { [self] event in
                switch event {
                case .opened: opened(index)
                case .received: break
                case .ended(let failure):
                    failed(index, failure)
                    advance()
                }
            }
        } catch {
            failed(index, error)
        }
    }

    private func opened(_ index: Int) {
        guard let connection = attempts[index] else { return }
        attempts[index] = nil
        connection.onEvent = nil
        finish(.success(connection))
    }

    private func failed(_ index: Int, _ failure: OutboundFailure) {
        guard completion != nil else { return }
        attempts[index] = nil
        self.failure = failure
        race?.failed(index, at: .now())
    }

    private func finish(_ result: Result<OutboundConnection, OutboundFailure>) {
        let completion = completion
        cancel()
        completion?(result)
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func setTimer(_ time: MonotonicTime, _ action: @escaping (OutboundDial) -> Void) {
        timer = loop.schedule(at: time) { [weak self] in
            guard let self else { return }
            self.timer = nil
            action(self)
        }
    }
}
