// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages
import Text

/// The verdict on the whole server, in a few words.
struct Headline: Equatable, Sendable {
    /// The verdict on the whole server as it is.
    let verdict: Verdict
    let tone: Tone
    /// One or two words.
    let word: String
    /// A word for programs.
    let phase: String
    /// One sentence, without numbers: it is read out when it changes.
    let explanation: String

    /// What a snapshot comes to.
    init(_ snapshot: Board.Snapshot, for audience: PageAudience) {
        verdict = snapshot.verdict(of: "") ?? snapshot.evaluate(.any([]))
        let bad = snapshot.entries.values.filter { $0.outcome.state != .healthy }.count
        let reason = Self.sentence(verdict.outcome, for: audience)
        if verdict.isServing {
            let isGood = bad == 0 && verdict.outcome.state == .healthy
            word = "Serving"
            (tone, phase) = isGood ? (.good, "serving") : (.degraded, "degraded")
            explanation =
                isGood
                ? "All checks are healthy." : Self.count(bad, of: snapshot.entries.count)
            return
        }
        switch verdict.outcome.code {
        case .draining:
            (tone, phase, word) = (.draining, "draining", "Draining")
            explanation =
                "The server is about to stop. Requests are served until its grace period ends."
        case .maintenance:
            (tone, phase, word) = (.maintenance, "maintenance", "In maintenance")
            explanation = "Taken out of service by an operator. Requests are still served."
        case .drill:
            (tone, phase, word) = (.bad, "drill", "Not serving")
            explanation =
                "This is a drill, begun by an operator. Nothing is wrong, and requests are served."
        case .loading where snapshot.verdict(of: "startup")?.isServing == false:
            (tone, phase, word) = (.unknown, "starting", "Starting")
            explanation = reason
        default:
            (tone, phase, word) = (.bad, "not-serving", "Not serving")
            explanation = reason
        }
    }

    private static func count(_ bad: Int, of all: Int) -> String {
        bad == 1
            ? "One of \(all) checks is not healthy." : "\(bad) of \(all) checks are not healthy."
    }

    /// The cause, as far as these readers may know it.
    private static func sentence(_ outcome: Outcome, for audience: PageAudience) -> String {
        let words = outcome.code?.words ?? "the cause has no name"
        let text = audience == .operators && !outcome.reason.isEmpty ? outcome.reason : words
        return text.capitalized + "."
    }
}

extension String {
    /// The same with a capital letter at its beginning, if there is one in ASCII.
    var capitalized: String {
        var bytes = Array(utf8)
        if let first = bytes.first, first.isLowercaseLetter { bytes[0] = first & ~0x20 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
