// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HealthProtocol
import SystemIO

/// What another question on the same connection found out about a failed one.
enum FollowUp: Equatable {
    /// The names that the server has.
    case names([String])
    /// The same question without gzip is answered.
    case worksWithoutGzip
    /// Check is answered.
    case checkWorks
}

/// After an answer that may mean several things, asks on in the time left.
extension ProbeRun {
    /// What can be found out about `call`, which ended with `status` of the server's; nil when there is nothing, or
    /// no time.
    func followUp(
        _ call: ProbeCall, _ status: Status, on attempt: ProbeAttempt,
        until deadline: MonotonicTime
    ) -> FollowUp? {
        func isAnswered(_ question: ProbeCall) -> Bool {
            guard MonotonicTime.now() < deadline, attempt.ask(question) else { return false }
            _ = wait(attempt, until: deadline) {
                question.status != nil || question.messageCount > 0
            }
            return question.messageCount > 0
                || question.failure == nil && question.status?.code == .notFound
        }
        switch status.code {
        case .notFound:
            let list = ProbeCall.list(inGzip: options.usesGzip)
            return isAnswered(list) ? names(list).map { .names($0) } : nil
        case .unimplemented:
            if options.usesGzip, isAnswered(call.again(inGzip: false)) { return .worksWithoutGzip }
            if case .check = options.question { return nil }
            return isAnswered(.check(call.service, inGzip: false)) ? .checkWorks : nil
        default: return nil
        }
    }

    private func names(_ call: ProbeCall) -> [String]? {
        guard call.status == nil || call.status == .ok, call.messageCount == 1 else { return nil }
        do throws(Status) {
            return try call.listedStatuses().map { $0.name }
        } catch {
            return nil
        }
    }
}
