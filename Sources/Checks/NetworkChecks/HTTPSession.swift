// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import Flags
import StatusBoard
import SystemIO

/// Asks once by HTTP/1.1, and judges the response.
struct HTTPSession: CheckSession {
    private let request: [UInt8]
    private let isHead: Bool
    private let expectation: HTTPExpectation
    private var answer = HTTPAnswer()
    private var started = MonotonicTime(nanoseconds: 0)
    private var certificateDays: Int?

    init(_ request: [UInt8], isHead: Bool, _ expectation: HTTPExpectation) {
        self.request = request
        self.isHead = isHead
        self.expectation = expectation
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        started = now + (.zero - connection.connectTime)
        certificateDays = connection.certificateDays ?? certificateDays
        answer = HTTPAnswer(toHead: isHead)
        return .send(request)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        do throws(HTTPProblem) {
            // The rest would tell nothing more.
            let isWhole = try answer.receive(bytes) { [expectation] status in
                expectation.needsBody && expectation.expects(status)
            }
            return isWhole ? .finish(verdict(at: now)) : .wait
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    mutating func ended(at now: MonotonicTime) -> CheckResult {
        answer.faultOfEnd() ?? verdict(at: now)
    }

    private var details: [String: String] {
        var details = ["status": String(answer.status)]
        if let certificateDays { details["certificate_days"] = String(certificateDays) }
        return details
    }

    private func verdict(at now: MonotonicTime) -> CheckResult {
        let status = answer.status
        let details = expectation.hasDetails ? details : .init()
        guard expectation.expects(status) else {
            return CheckResult(
                expectation.wrongStatus, "it answers with \(status)", details: details)
        }
        if let problem = expectation.problem(of: answer.body) {
            return CheckResult(.unhealthy, problem, details: details)
        }
        if let certificateDays, certificateDays < expectation.certificateDays {
            let cause = "its certificate is valid for \(certificateDays) days only"
            return CheckResult(.degraded, cause, details: details)
        }
        if let limit = expectation.slowAfter, now - started > limit {
            return CheckResult(.degraded, "it took longer than \(limit.goText)", details: details)
        }
        return CheckResult(.healthy, details: details)
    }
}
