// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import StatusBoard
package import SystemIO

/// Asks once by HTTP/1.1, and has the number in the response judged.
package struct HTTPNumberSession: CheckSession {
    private let request: [UInt8]
    private let pick: NumberPick
    private let judge: (Double, MonotonicTime) -> CheckResult
    private var answer = HTTPAnswer()

    /// A session that sends the request, and picks the number from what comes.
    package init(
        _ request: [UInt8], _ pick: NumberPick,
        _ judge: @escaping (Double, MonotonicTime) -> CheckResult
    ) {
        self.request = request
        self.pick = pick
        self.judge = judge
    }

    package mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        answer = HTTPAnswer()
        return .send(request)
    }

    package mutating func received(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> CheckStep {
        do throws(HTTPProblem) {
            let isWhole = try answer.receive(bytes) { (200..<300).contains($0) }
            return isWhole ? .finish(verdict(at: now)) : .wait
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    package mutating func ended(at now: MonotonicTime) -> CheckResult {
        answer.faultOfEnd() ?? verdict(at: now)
    }

    private func verdict(at now: MonotonicTime) -> CheckResult {
        guard (200..<300).contains(answer.status) else {
            return CheckResult(.unhealthy, "it answers with \(answer.status)")
        }
        // Half a line may have half a number.
        let end = answer.isCut ? answer.body.lastIndex(of: UInt8(ascii: "\n")) ?? 0 : nil
        do throws(NumberProblem) {
            return judge(
                try pick.number(in: end.map { Array(answer.body[..<$0]) } ?? answer.body), now)
        } catch {
            let place = answer.isCut ? "the beginning of its answer" : "its answer"
            return CheckResult(.unhealthy, "\(place) has no such number: \(error.text)")
        }
    }
}
