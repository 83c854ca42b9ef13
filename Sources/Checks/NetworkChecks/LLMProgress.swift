// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import HTTP1Wire

/// A counter of a model's server that moves while it works, such as vLLM's `vllm:iteration_tokens_total_count`.
struct LLMProgress: Sendable {
    private let target: HTTPTarget
    private let request: [UInt8]
    private let pick: NumberPick

    /// Takes the option `progress`: `PATH#METRIC` at the same server, or `URL#METRIC`; nil without one.
    init?(_ options: inout CheckOptions, at server: HTTPTarget) throws(CheckOptionError) {
        guard let text = try options.take("progress") else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "#"), maxSplits: 1)
            .map { String(Substring($0)) }
        guard parts.count == 2, let metric = MetricSample(selector: parts[1]) else {
            throw CheckOptionError(
                "progress", "names no counter: use /metrics#NAME, with a name of Prometheus")
        }
        pick = .metric(metric)
        if parts[0].utf8.first == UInt8(ascii: "/") {
            target = server
            guard let request = server.writer.get(parts[0]) else { throw HTTPTarget.malformed }
            self.request = request
        } else {
            // Another server is given neither the key nor the header fields of this one.
            var none = CheckOptions()
            do throws(CheckOptionError) {
                target = try HTTPTarget(parts[0], &none)
                request = try target.get()
            } catch {
                throw CheckOptionError("progress", error.problem)
            }
        }
    }

    /// Reads the counter; `found` is given its value.
    func makeRunner(
        _ context: CheckContext, _ found: @escaping (Double) -> Void
    ) -> any CheckRunner {
        let plan = target.plan { [request, pick] in
            HTTPNumberSession(request, pick) { number, _ in
                found(number)
                return .healthy
            }
        }
        return NetworkCheck(plan, context)
    }
}
