// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import HTTP1Wire
import JSONWire
import OpenAIWire
import StatusBoard
import SystemIO
import Text

/// How the answer of a language model is judged.
struct LLMPlan: Sendable {
    /// The API key, which no cause may show; empty for none.
    var key = ""
    /// An answer that takes longer is degraded.
    var slowAfter = Duration.seconds(10)
}

/// Asks a language model once, and judges its answer.
struct LLMSession: CheckSession {
    private let request: [UInt8]
    private let plan: LLMPlan
    private var answer = HTTPAnswer()
    private var started = MonotonicTime(nanoseconds: 0)

    init(_ request: [UInt8], _ plan: LLMPlan) {
        self.request = request
        self.plan = plan
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        started = now + (.zero - connection.connectTime)
        answer = HTTPAnswer()
        return .send(request)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        do throws(HTTPProblem) {
            return try answer.receive(bytes) ? .finish(verdict(at: now)) : .wait
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    mutating func ended(at now: MonotonicTime) -> CheckResult {
        answer.faultOfEnd() ?? verdict(at: now)
    }

    // MARK: The verdict

    private func verdict(at now: MonotonicTime) -> CheckResult {
        var result = answer.status == 200 ? completion : refusal
        result.details["status"] = String(answer.status)
        if result.state == .healthy, now - started > plan.slowAfter {
            result.state = .degraded
            result.cause =
                "its answer took \(Self.text(now - started)), more than \(Self.text(plan.slowAfter))"
        }
        return result
    }

    private var completion: CheckResult {
        if answer.isCut {
            let limit = HTTPAnswer.bodyLimit >> 10
            return CheckResult(.unhealthy, "its answer is larger than \(limit) KiB")
        }
        let type = answer.head?.fields["content-type"]?.lowercased() ?? ""
        if type.hasPrefix("text/event-stream") {
            return CheckResult(
                .unhealthy, "it answers with a stream of events, which was not asked for")
        }
        let result = answer.body.withUnsafeBytes { bytes -> CheckResult? in
            guard JSONDocument.fits(bytes, maxValues: 10_000), let document = JSONDocument(bytes)
            else { return nil }
            return document.withRoot { judge($0) }
        }
        if let result { return result }
        let isPage = answer.body.first { !$0.isWhiteSpace } == UInt8(ascii: "<")
        return CheckResult(
            .unhealthy,
            isPage ? "it answers with a web page: check the URL" : "its answer is no JSON")
    }

    private func judge(_ root: JSONValue) -> CheckResult {
        if !root["error"].isNothing {
            return CheckResult(.unhealthy, "it answers with an error" + said(root))
        }
        let choice = root["choices"][0]
        guard choice.isObject else { return CheckResult(.unhealthy, "its answer has no choices") }
        let text = choice["message"]["content"].string ?? choice["text"].string ?? ""
        let reason = choice["finish_reason"].string ?? ""
        let tokens = root["usage"]["completion_tokens"].integer ?? 0
        var details = ["completion_tokens": String(tokens)]
        if !reason.isEmpty {
            details["finish_reason"] = PrintableText.escaped(reason, limit: 40)
        }
        // A model that reasons may have used its tokens up before it said anything.
        if !text.isEmpty || (reason == "length" && tokens > 0) {
            return CheckResult(.healthy, details: details)
        }
        let why = reason.isEmpty ? "" : " (finish_reason \(details["finish_reason"] ?? ""))"
        return CheckResult(.degraded, "its answer has no text\(why)", details: details)
    }

    private var refusal: CheckResult {
        let status = answer.status
        let said = said(ErrorMessage.text(in: answer.body, withoutKey: plan.key))
        switch status {
        case 401, 403:
            // Its message may contain the key.
            return CheckResult(
                .unhealthy,
                plan.key.isEmpty
                    ? "it wants an API key (\(status)): give one by key-file"
                    : "it refuses the API key (\(status))")
        case 404:
            return CheckResult(
                .unhealthy, "it has no such model, or no such API at this URL (404)\(said)")
        case 429:
            return CheckResult(
                .degraded, "it is overloaded, or a quota is used up (429)\(retry)\(said)")
        case 300..<400:
            return CheckResult(
                .unhealthy, "it redirects to another URL (\(status)): use that one")
        case 400, 422:
            return CheckResult(.unhealthy, "it refuses the request (\(status))\(said)")
        default: return CheckResult(.unhealthy, "it answers with \(status)\(said)")
        }
    }

    /// When the server wants to be asked again, in its words: seconds or a date.
    private var retry: String {
        guard let text = answer.head?.fields["retry-after"], !text.isEmpty else { return "" }
        let shown = PrintableText.escaped(text, limit: 40)
        return ", retry after \(shown)\(text.utf8.allSatisfy { $0.isDigit } ? " s" : "")"
    }

    private func said(_ root: JSONValue) -> String {
        said(ErrorMessage.text(in: root, withoutKey: plan.key))
    }

    private func said(_ message: String) -> String { message.isEmpty ? "" : ": " + message }

    private static func text(_ time: Duration) -> String {
        let tenths = Int(time / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
