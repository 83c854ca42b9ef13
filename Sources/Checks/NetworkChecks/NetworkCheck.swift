// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import EventLoops
package import Outbound
import StatusBoard
import SystemIO
import TLSWire

/// Runs the sessions of a check over a connection of its loop: one connection at a time, kept between runs where the session
/// says so. Belongs to the loop.
package final class NetworkCheck: CheckRunner {
    private let target: OutboundTarget
    private let makeSession: () -> any CheckSession
    private let loop: EventLoop
    private let resolver: OutboundResolver
    private let buffer: ReceiveBuffer

    private var line = OutboundLine()
    private var session: (any CheckSession)?
    private var completion: ((CheckResult) -> Void)?
    private var started = MonotonicTime(nanoseconds: 0)
    private var timeout = Duration.zero
    /// The connection is one that an earlier run has left, and nothing has come over it in this run.
    private var isUntried = false
    private var place: CheckPlace?

    /// A check of what is at `target`; `makeSession` is called for each new connection.
    package init(
        of target: OutboundTarget, on loop: EventLoop, _ resolver: OutboundResolver,
        _ buffer: ReceiveBuffer,
        _ makeSession: @escaping () -> any CheckSession
    ) {
        self.target = target
        self.loop = loop
        self.resolver = resolver
        self.buffer = buffer
        self.makeSession = makeSession
    }

    deinit {
        sayFarewell()
        line.connection?.close()
    }

    package func added(at place: CheckPlace) { self.place = place }

    package func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        self.completion = completion
        self.timeout = timeout
        started = .now()
        if line.connection != nil, session != nil {
            isUntried = true
            return began(isReused: true)
        }
        open()
    }

    package func cancel(_ released: @escaping () -> Void) {
        completion = nil
        sayFarewell()
        close()
        released()
    }

    // MARK: The connection

    private func open() {
        isUntried = false
        let dial = OutboundDial(to: target, on: loop, resolver, buffer, within: timeout) {
            [weak self] result in
            guard let self else { return }
            self.line.dial = nil
            switch result {
            case .success(let connection): self.opened(connection)
            case .failure(let failure): self.finish(CheckResult(.unhealthy, failure.text))
            }
        }
        line.dial = dial
        dial.start()
    }

    private func opened(_ connection: OutboundConnection) {
        line.connection = connection
        session = makeSession()
        connection.onEvent = { [weak self] event in
            switch event {
            case .opened: self?.startedTLS()
            case .received(let bytes): self?.received(bytes)
            case .ended(let failure): self?.ended(failure)
            }
        }
        began(isReused: false)
    }

    private func sayFarewell() {
        if let bytes = session?.abandoned(), !bytes.isEmpty { line.connection?.send(bytes) }
    }

    private func close() {
        line.close(on: loop)
        session = nil
    }

    // MARK: The session

    private func facts(isReused: Bool) -> CheckConnection {
        CheckConnection(
            isReused: isReused, agreement: line.connection?.agreement,
            certificateDays: line.connection?.peerCertificateDays,
            connectTime: MonotonicTime.now() - started, timeout: timeout)
    }

    private func began(isReused: Bool) {
        guard let step = session?.began(facts(isReused: isReused), at: .now()) else { return }
        take(step)
    }

    private func startedTLS() {
        guard completion != nil, let step = session?.startedTLS(facts(isReused: false), at: .now())
        else { return }
        take(step)
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard completion != nil else { return receivedBetweenRuns(bytes) }
        isUntried = false
        guard let step = session?.received(bytes, at: .now()) else { return }
        take(step)
    }

    private func receivedBetweenRuns(_ bytes: UnsafeRawBufferPointer) {
        guard let output = session?.receivedBetweenRuns(bytes, at: .now()) else { return lost() }
        if !output.isEmpty { line.connection?.send(output) }
        if session?.takeNews() == true { place?.requestRun() }
    }

    /// The connection that was kept is of no use any more.
    private func lost() {
        let isNews = session?.isLossNews == true
        close()
        if isNews { place?.requestRun() }
    }

    private func ended(_ failure: OutboundFailure) {
        line.connection = nil
        guard completion != nil else { return lost() }
        if isUntried {
            // It was closed between two runs.
            session = nil
            return open()
        }
        if case .unreachable = failure { return finish(CheckResult(.unhealthy, failure.text)) }
        guard let result = session?.ended(at: .now()) else { return }
        finish(result)
    }

    private func take(_ step: CheckStep) {
        line.stopTimer(on: loop)
        if !step.bytes.isEmpty { line.connection?.send(step.bytes) }
        switch step.next {
        case .wait: break
        case .waitUntil(let time):
            line.timer = loop.schedule(at: time) { [weak self] in
                guard let self, let step = self.session?.timePassed(at: .now()) else { return }
                self.line.timer = nil
                self.take(step)
            }
        case .startTLS: startTLS()
        case .finish(let result): finish(result)
        case .finishKeeping(let result): finish(result, keeping: line.connection?.canBeKept == true)
        }
    }

    private func startTLS() {
        do throws(OutboundFailure) {
            try line.connection?.startTLS(target)
        } catch {
            finish(CheckResult(.unhealthy, error.text))
        }
    }

    private func finish(_ result: CheckResult, keeping: Bool = false) {
        if !keeping { close() }
        let completion = completion
        self.completion = nil
        completion?(result)
        if session?.takeNews() == true { place?.requestRun() }
    }
}
