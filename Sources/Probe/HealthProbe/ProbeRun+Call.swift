// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import HealthCalls
import HealthProtocol
import SystemIO

/// The RPC phase: wait for the answers, judge them, say why they are no better.
extension ProbeRun {
    /// A clock of the server's may be this coarse.
    private static let clockTolerance = Duration.milliseconds(10)

    func call(
        _ connection: ClientConnection, _ established: MonotonicTime, _ times: ProbeTimes
    ) -> ProbeReport {
        let deadline = min(established + options.rpcTimeout, end)
        let calls = connection.firstCalls
        let interruption = wait(connection, until: deadline) {
            calls.allSatisfy { isAnswered($0) }
        }
        var times = times
        times.rpc = MonotonicTime.now() - established
        let findings = zip(options.question.names, calls).map { name, call in
            ProbeReport.Finding(
                service: name, verdict: verdict(of: call, status(of: call, on: connection)),
                reason: call.reasonCode)
        }
        var worst = 0
        for index in findings.indices {
            let isWorse = findings[index].verdict.severity > findings[worst].verdict.severity
            if isWorse { worst = index }
        }
        var report = ProbeReport(decisive: findings[worst], times: times)
        if var cause = cause(
            of: findings[worst], call: calls[worst], on: connection, interruption: interruption)
        {
            if cause.isWord {
                cause.followUp = followUp(
                    calls[worst], for: cause.service, cause.status, on: connection,
                    until: deadline)
            }
            // Upstream's line about such a server would be untrue of one that answers Check.
            if cause.followUp == .checkWorks { report.verdict = .rpcFailed(cause.status) }
            report.cause = cause.text
        }
        if case .list = options.question {
            report.findings = listing(calls[0])
        } else if findings.count > 1 {
            report.add(findings, worst: worst)
        }
        return report
    }

    /// Waits until `isDone`. The result is what broke the connection meanwhile.
    func wait(
        _ connection: ClientConnection, until deadline: MonotonicTime, _ isDone: () -> Bool
    ) -> ConnectionError? {
        do throws(ConnectionError) {
            if try !connection.advance(until: deadline, isDone) {
                connection.endAll(.deadlineExceeded)
            }
            return nil
        } catch {
            let reason: String
            switch error {
            case .closed: reason = "EOF"
            case .http2(let text): reason = text
            default: reason = error.cause
            }
            connection.endAll(Status(.unavailable, "error reading from server: \(reason)"))
            return error
        }
    }

    private func isAnswered(_ call: ClientCall) -> Bool {
        if call.status != nil { return true }
        guard case .watch = options.question, call.messageCount > 0 else { return false }
        do throws(Status) {
            return try call.servingStatus() == .serving
        } catch {
            return true
        }
    }

    /// What ended the call. A server cancels what is late by its copy of the deadline, whose time began with the
    /// request: a little before ours. That is the deadline too, as it is for grpc-go's client.
    private func status(of call: ClientCall, on connection: ClientConnection) -> Status {
        let status = call.status ?? .ok
        guard status.code == .cancelled, let connected = connection.connected else {
            return status
        }
        let deadline = min(connected + options.rpcTimeout, end)
        return call.endTime - deadline >= .zero - Self.clockTolerance ? .deadlineExceeded : status
    }

    private func verdict(of call: ClientCall, _ status: Status) -> ProbeVerdict {
        if case .watch = options.question, call.messageCount > 0 {
            // The deadline ends a Watch; what it last said counts. Any other end is the server's failure.
            let isOver = status.code == .ok || status.code == .deadlineExceeded
            if isOver { return answer(of: call) }
        }
        if status.code != .ok { return ProbeVerdict(failure: status, timeout: options.rpcTimeout) }
        guard call.messageCount == 1 else {
            let text = "the server sent \(call.messageCount) messages where one is due"
            return .rpcFailed(Status(.internal, text))
        }
        return answer(of: call)
    }

    private func answer(of call: ClientCall) -> ProbeVerdict {
        do throws(Status) {
            guard case .list = options.question else {
                return .answered(try call.servingStatus())
            }
            let whole = try call.listedStatuses().first { $0.name.isEmpty }
            return .answered(whole?.status ?? .serviceUnknown)
        } catch {
            return .rpcFailed(Status(.internal, "the server's answer is not valid protobuf"))
        }
    }

    /// Why a call failed; nil when the server answered.
    private func cause(
        of finding: ProbeReport.Finding, call: ClientCall, on connection: ClientConnection,
        interruption: ConnectionError?
    ) -> CallCause? {
        if case .answered = finding.verdict { return nil }
        var status = status(of: call, on: connection)
        var failure = status.code == .deadlineExceeded ? nil : call.failure
        if status.code == .ok, case .rpcFailed(let judged) = finding.verdict {
            status = judged
            failure = .malformed
        }
        return CallCause(
            question: options.question, service: finding.service, rpcTimeout: options.rpcTimeout,
            status: status, failure: failure, goAway: connection.goAway,
            interruption: interruption)
    }

    /// The names that List gave, sorted; none when it gave none.
    private func listing(_ call: ClientCall) -> [ProbeReport.Finding] {
        guard call.messageCount == 1 else { return [] }
        do throws(Status) {
            return try call.listedStatuses()
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                .map { name, status in
                    ProbeReport.Finding(service: name, verdict: .answered(status), reason: nil)
                }
        } catch {
            return []
        }
    }
}

extension Status {
    /// The client's own end of a call.
    fileprivate static let deadlineExceeded = Status(
        .deadlineExceeded, "context deadline exceeded")
}
