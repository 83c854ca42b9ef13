// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Inference
import SystemIO
import TLSWire

/// Opens one connection: resolves the name, then tries its addresses one after the other. Belongs to a loop.
///
/// Each address gets a share of the time that is left, so that a silent one does not prevent the next.
final class UpstreamDial {
    typealias Completion = (Result<UpstreamConnection, UpstreamFailure>) -> Void

    private static let maxAddresses = 256
    /// Less would be too short for distant servers, however many addresses there are.
    private static let leastShare = Duration.milliseconds(500)

    private let upstream: Upstream
    private let limit: Duration
    private let deadline: MonotonicTime
    private var completion: Completion?
    private var addresses: ArraySlice<SocketAddress> = []
    private var connection: UpstreamConnection?
    private var timer: TimerID?
    private var failure = UpstreamFailure.unreachable(reason: "no address")

    private var loop: EventLoop { upstream.loop }

    /// - Parameter limit: The time for all addresses together.
    init(_ upstream: Upstream, within limit: Duration, _ completion: @escaping Completion) {
        self.upstream = upstream
        self.limit = limit
        self.deadline = .now() + limit
        self.completion = completion
    }

    func start() {
        failure = .unreachable(reason: "no answer to its name within \(limit)")
        setTimer(deadline) { $0.finish(.failure($0.failure)) }
        upstream.resolver.resolve(upstream.configuration.url, until: deadline, on: loop) { result in
            switch result {
            case .success(let addresses):
                self.addresses = addresses.prefix(Self.maxAddresses)
                self.tryNext()
            case .failure(let failure): self.finish(.failure(failure))
            }
        }
    }

    /// Ends the attempt, without calling the completion.
    func cancel() {
        completion = nil
        stop()
    }

    private func tryNext() {
        guard completion != nil else { return }
        stop()
        let now = MonotonicTime.now()
        guard now < deadline, let address = addresses.popFirst() else {
            return finish(.failure(failure))
        }
        let share = max(Self.leastShare, (deadline - now) / (addresses.count + 1))
        setTimer(min(deadline, now + share)) {
            $0.failure = .unreachable(reason: "no connection within \($0.limit)")
            $0.tryNext()
        }
        do throws(UpstreamFailure) {
            let parameters = upstream.parameters
            let connection = try UpstreamConnection.open(
                address, tls: try session(parameters), on: loop, upstream.buffer)
            connection.generation = parameters.generation
            self.connection = connection
            connection.onEvent = { [self] event in
                switch event {
                case .opened: opened(connection)
                case .received: break
                case .ended(let failure): failed(failure)
                }
            }
        } catch {
            failed(error)
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

    private func opened(_ connection: UpstreamConnection) {
        self.connection = nil
        connection.onEvent = nil
        finish(.success(connection))
    }

    private func failed(_ failure: UpstreamFailure) {
        self.failure = failure
        tryNext()
    }

    private func finish(_ result: Result<UpstreamConnection, UpstreamFailure>) {
        let completion = completion
        cancel()
        completion?(result)
    }

    private func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
        connection?.close()
        connection = nil
    }

    private func setTimer(_ time: MonotonicTime, _ action: @escaping (UpstreamDial) -> Void) {
        timer = loop.schedule(at: time) { [weak self] in
            guard let self else { return }
            self.timer = nil
            action(self)
        }
    }
}
