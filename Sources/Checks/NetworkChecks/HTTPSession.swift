// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import HTTP1Wire
import StatusBoard
import SystemIO

/// Asks once by HTTP/1.1, and judges the response.
struct HTTPSession: CheckSession {
    private let request: [UInt8]
    private let isHead: Bool
    private let expectation: HTTPExpectation
    private var reader: HTTP1ResponseReader
    private var head: HTTP1ResponseHead?
    private var body: [UInt8] = []
    private var started = MonotonicTime(nanoseconds: 0)
    private var certificateDays: Int?

    init(_ request: [UInt8], isHead: Bool, _ expectation: HTTPExpectation) {
        self.request = request
        self.isHead = isHead
        self.expectation = expectation
        reader = HTTP1ResponseReader(isAnswerToHead: isHead)
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        started = now + (.zero - connection.connectTime)
        certificateDays = connection.certificateDays ?? certificateDays
        reader = HTTP1ResponseReader(isAnswerToHead: isHead, limits: .forChecks)
        (head, body) = (nil, [])
        return .send(request)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        var rest = bytes
        do throws(HTTP1Fault) {
            while true {
                switch try reader.receive(&rest) {
                case .needsMore: return .wait
                case .head(let head):
                    self.head = head
                    // The rest would tell nothing more.
                    if !expectation.needsBody || !isExpected(head.status.rawValue) {
                        return .finish(verdict(at: now))
                    }
                case .body(let part):
                    let room = HTTPExpectation.bodyLimit - body.count
                    body.append(contentsOf: part.prefix(room))
                    if part.count >= room { return .finish(verdict(at: now)) }
                case .end: return .finish(verdict(at: now))
                }
            }
        } catch {
            return .finish(CheckResult(.unhealthy, "its response is no HTTP/1.1: \(error.text)"))
        }
    }

    mutating func ended(at now: MonotonicTime) -> CheckResult {
        do throws(HTTP1Fault) {
            try reader.inputEnded()
            return verdict(at: now)
        } catch {
            return CheckResult(
                .unhealthy,
                reader.hasBegun
                    ? "it closed the connection within its response"
                    : "it closed the connection without a response")
        }
    }

    private func isExpected(_ status: Int) -> Bool {
        expectation.statuses.contains { $0.contains(status) }
    }

    private func verdict(at now: MonotonicTime) -> CheckResult {
        guard let head else { return CheckResult(.unhealthy, "it sent no response") }
        let status = head.status.rawValue
        var details = ["status": String(status)]
        if let certificateDays { details["certificate_days"] = String(certificateDays) }
        guard isExpected(status) else {
            return CheckResult(
                expectation.wrongStatus, "it answers with \(status)", details: details)
        }
        if let problem = expectation.problem(of: body) {
            return CheckResult(.unhealthy, problem, details: details)
        }
        if let certificateDays, certificateDays < expectation.certificateDays {
            let cause = "its certificate is valid for \(certificateDays) days only"
            return CheckResult(.degraded, cause, details: details)
        }
        if let limit = expectation.slowAfter, now - started > limit {
            return CheckResult(.degraded, "it took longer than \(limit)", details: details)
        }
        return CheckResult(.healthy, details: details)
    }
}

extension HTTP1Limits {
    /// A body may be as long as it likes: only its beginning is read.
    fileprivate static var forChecks: HTTP1Limits {
        var limits = HTTP1Limits()
        limits.body = 1 << 40
        return limits
    }
}
