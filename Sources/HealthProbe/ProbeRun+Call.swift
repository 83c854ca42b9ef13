// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import GRPCWire
import HTTP2Wire
import HealthProtocol
import SystemIO

/// The RPC phase: wait for the answers, judge them, say why they are no better.
extension ProbeRun {
    func call(
        _ attempt: ProbeAttempt, authority: String, _ established: MonotonicTime,
        _ times: ProbeTimes
    ) -> ProbeReport {
        let deadline = established + options.rpcTimeout
        let isLost = wait(attempt, until: deadline)
        var times = times
        times.rpc = MonotonicTime.now() - established
        switch options.question {
        case .list: return listReport(attempt, isLost, times)
        case .check, .watch: break
        }
        let findings = attempt.calls.map {
            ProbeReport.Finding(service: $0.service, verdict: verdict(of: $0))
        }
        var worst = 0
        for index in findings.indices {
            let isWorse = findings[index].verdict.severity > findings[worst].verdict.severity
            if isWorse { worst = index }
        }
        let decisive = attempt.calls[worst]
        var cause = cause(attempt, decisive, findings[worst].verdict, isLost)
        if cause?.status.code == .notFound, cause?.failure == nil {
            let names = names(on: attempt, authority: authority, until: deadline)
            cause = self.cause(attempt, decisive, findings[worst].verdict, isLost, names)
        }
        return ProbeReport(
            verdict: findings[worst].verdict,
            cause: findings.count > 1
                ? summary(findings, worst: worst, cause?.text) : cause?.text,
            findings: findings.count > 1 ? findings : [], times: times, isConnected: true)
    }

    /// Waits until every call has ended, or has said enough. True when the connection was lost meanwhile.
    private func wait(_ attempt: ProbeAttempt, until deadline: MonotonicTime) -> Bool {
        while attempt.calls.contains(where: { !isAnswered($0) }) {
            do throws(ProbeCause) {
                if try attempt.advance(until: deadline) { continue }
                end(attempt, Status(.deadlineExceeded, "context deadline exceeded"))
                return false
            } catch {
                let reason: String
                switch error {
                case .hungUp: reason = "EOF"
                case .http2(let text): reason = text
                default: reason = error.text
                }
                end(attempt, Status(.unavailable, "error reading from server: \(reason)"))
                if case .tlsFailed = error { return true }
                return error == .hungUp
            }
        }
        return false
    }

    private func end(_ attempt: ProbeAttempt, _ status: Status) {
        for call in attempt.calls { call.end(status) }
    }

    private func isAnswered(_ call: ProbeCall) -> Bool {
        if call.status != nil { return true }
        guard case .watch = options.question, call.messageCount > 0 else { return false }
        do throws(Status) {
            return try call.servingStatus() == .serving
        } catch {
            return true
        }
    }

    private func verdict(of call: ProbeCall) -> ProbeVerdict {
        let status = call.status ?? .ok
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

    private func answer(of call: ProbeCall) -> ProbeVerdict {
        do throws(Status) {
            return .answered(try call.servingStatus())
        } catch {
            return .rpcFailed(Status(.internal, "the server's answer is not valid protobuf"))
        }
    }

    /// nil when the server answered.
    private func cause(
        _ attempt: ProbeAttempt, _ call: ProbeCall, _ verdict: ProbeVerdict, _ isLost: Bool,
        _ names: [String]? = nil
    ) -> CallCause? {
        if case .answered = verdict { return nil }
        var status = call.status ?? .ok
        var failure = call.failure
        if status.code == .ok, case .rpcFailed(let judged) = verdict {
            status = judged
            failure = .malformed
        }
        return CallCause(
            question: options.question, rpcTimeout: options.rpcTimeout, status: status,
            failure: failure, goAway: attempt.goAway, isConnectionLost: isLost, names: names)
    }

    /// One line about all names, the one that decides first.
    private func summary(
        _ findings: [ProbeReport.Finding], worst: Int, _ cause: String?
    ) -> String? {
        if findings[worst].verdict.exitCode == .serving { return nil }
        var text = "of \(findings.count) services "
        text += PrintableText.quoted(PrintableText.escaped(findings[worst].service, limit: 100))
        text += " decides"
        for finding in findings {
            let item = PrintableText.escaped(finding.service, limit: 100)
            text += ", \"\(item)\" is \(finding.verdict.statusText)"
            if text.utf8.count > 1500 {
                text += ", and so on"
                break
            }
        }
        return cause.map { "\($0) (\(text))" } ?? text
    }

    // MARK: List

    /// The names that the server has, if it says so in the time left.
    private func names(
        on attempt: ProbeAttempt, authority: String, until deadline: MonotonicTime
    ) -> [String]? {
        let left = deadline - .now()
        guard left > .zero else { return nil }
        let call = listCall()
        let fields = headers(call.path, authority: authority, timeout: left)
        guard attempt.ask(call, headers: fields) else { return nil }
        _ = wait(attempt, until: deadline)
        guard call.status == .ok, call.messageCount == 1 else { return nil }
        do throws(Status) {
            return try call.listedStatuses().map { $0.name }
        } catch {
            return nil
        }
    }

    private func listReport(
        _ attempt: ProbeAttempt, _ isLost: Bool, _ times: ProbeTimes
    ) -> ProbeReport {
        let call = attempt.calls[0]
        var findings: [ProbeReport.Finding] = []
        let verdict: ProbeVerdict
        if let status = call.status, status.code != .ok {
            verdict = ProbeVerdict(failure: status, timeout: options.rpcTimeout)
        } else {
            do throws(Status) {
                let listed = try call.listedStatuses()
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                findings = listed.map {
                    ProbeReport.Finding(service: $0.name, verdict: .answered($0.status))
                }
                let whole = listed.first { $0.name.isEmpty }
                verdict = .answered(whole?.status ?? .serviceUnknown)
            } catch {
                verdict = .rpcFailed(
                    Status(.internal, "the server's answer is not valid protobuf"))
            }
        }
        return ProbeReport(
            verdict: verdict, cause: cause(attempt, call, verdict, isLost)?.text,
            findings: findings, times: times, isConnected: true)
    }
}
