// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import Outbound
import StatusBoard
import SystemIO

/// One run of a session over a connection that blocks, without an event loop.
struct BlockingRun {
    private let plan: NetworkPlan
    private let timeout: Duration
    private let started = MonotonicTime.now()
    private var session: any CheckSession

    private var deadline: MonotonicTime { started + timeout }

    /// A run that begins now.
    init(_ plan: NetworkPlan, within timeout: Duration) {
        self.plan = plan
        self.timeout = timeout
        session = plan.makeSession()
    }

    /// Blocks until the session has its result, or the time is over.
    mutating func result() -> CheckResult {
        var result: CheckResult
        do throws(OutboundFailure) {
            let connection = try BlockingConnection.open(plan.target, until: deadline)
            result = try talk(connection)
            connection.close()
        } catch {
            result = failed(error.text)
        }
        result.duration = MonotonicTime.now() - started
        return result
    }

    private mutating func talk(
        _ connection: BlockingConnection
    ) throws(OutboundFailure) -> CheckResult {
        var hasAnswered = false
        var step = session.began(facts(connection), at: .now())
        while true {
            if !step.bytes.isEmpty {
                // The verdict stands, whatever becomes of the farewell.
                if case .finish(let result) = step.next {
                    try? connection.send(step.bytes)
                    return result
                }
                try connection.send(step.bytes)
            }
            var wake = deadline
            switch step.next {
            case .wait: break
            case .waitUntil(let time): wake = min(time, deadline)
            case .startTLS:
                try connection.startTLS(plan.target, until: deadline)
                step = session.startedTLS(facts(connection), at: .now())
                continue
            case .finish(let result): return result
            case .finishKeeping(let result):
                try? connection.send(session.abandoned())
                return result
            }
            switch connection.next(until: wake) {
            case .received(let bytes):
                hasAnswered = true
                step = session.received(bytes, at: .now())
            case .ended(.cutOff): return session.ended(at: .now())
            case .ended(let failure): throw failure
            case .timedOut where MonotonicTime.now() < deadline:
                step = session.timePassed(at: .now())
            case .timedOut:
                try? connection.send(session.abandoned())
                return failed(hasAnswered ? "its answer has no end" : "connected, but no answer")
            }
        }
    }

    private func facts(_ connection: BlockingConnection) -> CheckConnection {
        CheckConnection(
            agreement: connection.agreement, certificateDays: connection.peerCertificateDays,
            connectTime: MonotonicTime.now() - started, timeout: timeout)
    }

    /// What came last is the cause, unless the time was over.
    private func failed(_ reason: String) -> CheckResult {
        guard MonotonicTime.now() >= deadline else { return CheckResult(.unhealthy, reason) }
        var result = CheckResult.timedOut(after: timeout)
        result.cause += ": " + reason
        return result
    }
}
