// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Dialer
import EventLoops
import Inference
import SystemIO
import TLSWire

/// Connects to the upstream: resolves its name, then drives a ``Dialer/ConnectionRace`` over its addresses.
/// Belongs to a loop.
///
/// Each address has a fair share of the time to itself: one that is silent does not hide the next.
final class UpstreamDial {
    typealias Completion = (Result<UpstreamConnection, UpstreamFailure>) -> Void

    private let upstream: Upstream
    private let limit: Duration
    private let deadline: MonotonicTime
    private var completion: Completion?
    private var race: ConnectionRace
    /// The attempt on each address, while it goes on.
    private var attempts: [UpstreamConnection?] = []
    private var timer: TimerID?
    /// How the latest attempt failed.
    private var failure: UpstreamFailure?

    private var loop: EventLoop { upstream.loop }

    /// - Parameter limit: The time for all of it.
    init(_ upstream: Upstream, within limit: Duration, _ completion: @escaping Completion) {
        self.upstream = upstream
        self.limit = limit
        self.deadline = .now() + limit
        self.completion = completion
        race = ConnectionRace([], from: .now(), until: deadline, retries: false)
    }

    func start() {
        setTimer(deadline) { dial in
            let reason = "no answer to its name within \(dial.limit)"
            dial.finish(.failure(.unreachable(reason: reason)))
        }
        upstream.resolver.resolve(upstream.configuration.url, until: deadline, on: loop) { result in
            switch result {
            case .success(let addresses): self.connect(to: addresses)
            case .failure(let failure): self.finish(.failure(failure))
            }
        }
    }

    /// Gives up; the completion is not called.
    func cancel() {
        completion = nil
        stopTimer()
        for attempt in attempts { attempt?.close() }
        attempts = []
    }

    private func connect(to addresses: [SocketAddress]) {
        guard completion != nil else { return }
        race = ConnectionRace(
            addresses, from: .now(), until: deadline, attemptDelay: limit, retries: false)
        attempts = race.addresses.map { _ in nil }
        advance()
    }

    private func advance() {
        stopTimer()
        while completion != nil {
            switch race.advance(to: .now()) {
            case .start(let index): open(index)
            case .wait(let time): return setTimer(time) { $0.advance() }
            case .giveUp:
                let timedOut = UpstreamFailure.unreachable(reason: "no connection within \(limit)")
                finish(.failure(failure ?? timedOut))
            }
        }
    }

    private func open(_ index: Int) {
        do throws(UpstreamFailure) {
            let parameters = upstream.parameters
            let connection = try UpstreamConnection.open(
                race.addresses[index], tls: try session(parameters), on: loop, upstream.buffer)
            connection.generation = parameters.generation
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

    private func session(
        _ parameters: UpstreamAccess.Parameters
    ) throws(UpstreamFailure) -> TLSSession? {
        guard let context = parameters.tls else { return nil }
        do throws(TLSFailure) {
            return try .client(context, serverName: parameters.configuration.url.host)
        } catch {
            throw .unreachable(reason: "TLS: \(error.text)")
        }
    }

    private func opened(_ index: Int) {
        guard let connection = attempts[index] else { return }
        attempts[index] = nil
        connection.onEvent = nil
        finish(.success(connection))
    }

    private func failed(_ index: Int, _ failure: UpstreamFailure) {
        guard completion != nil else { return }
        attempts[index] = nil
        self.failure = failure
        race.failed(index, at: .now())
    }

    private func finish(_ result: Result<UpstreamConnection, UpstreamFailure>) {
        let completion = completion
        cancel()
        completion?(result)
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func setTimer(_ time: MonotonicTime, _ action: @escaping (UpstreamDial) -> Void) {
        timer = loop.schedule(at: time) { [weak self] in
            guard let self else { return }
            self.timer = nil
            action(self)
        }
    }
}
