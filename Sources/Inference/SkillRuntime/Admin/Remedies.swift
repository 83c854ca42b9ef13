// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HealthProtocol
import HostMemory
import SkillServices
import StatusBoard
import StatusSite
import Text

/// What would change the outcomes of the runtime itself, for its explanation.
struct Remedies: Sendable {
    private let figures: FigureSources
    private let memory: MemoryOptions

    init(_ figures: FigureSources, _ memory: MemoryOptions) {
        self.figures = figures
        self.memory = memory
    }

    /// What has to happen, or what an operator can do; nil when there is nothing to say.
    func remedy(for name: OutcomeName, _ outcome: Outcome) -> String? {
        switch name {
        case .draining: "POST /admin/resume takes the drain back"
        case .maintenance: "POST /admin/maintenance?on=false, or SIGUSR2"
        case .drill: "POST /admin/fail?for=0"
        case .livenessDrill: "POST /admin/fail?for=0&name=liveness"
        case .memory: memoryRemedy
        case .queue: queueRemedy
        case .startup: "the required models have to be loaded"
        case .modelServer: "the model server has to answer: it is asked every few seconds"
        case .progress:
            "loops and requests have to make progress again; a restart may be the remedy"
        case .files: "the disk with the models has to answer"
        case _ where name.rawValue.hasPrefix("model/"): Self.modelRemedy(outcome)
        default: nil
        }
    }

    private static func modelRemedy(_ outcome: Outcome) -> String? {
        outcome.code == .loading
            ? "its load has to end"
            : "a good file: it is read again when it changes, or by POST /admin/reload"
    }

    /// Enough is what the high mark says.
    private var memoryRemedy: String? {
        guard let limits = memory.limits else { return nil }
        let enough = SizeText.rounded(limits.high, .up)
        let time = limits.riseAfter.goText
        guard let available = figures.figures.memory?.available else {
            return "the available memory has to be measurable, and \(enough) for \(time)"
        }
        if available >= limits.high { return "\(enough) have to stay available for \(time)" }
        let more = SizeText.rounded(limits.high - available, .up)
        return "\(more) more must become available (\(enough), for \(time))"
    }

    private var queueRemedy: String? {
        guard let queue = figures.figures.queue, queue.longAt > 0 else { return nil }
        return "\(queue.longAt / 2) requests or fewer have to wait; now \(queue.waiting) do"
    }
}
