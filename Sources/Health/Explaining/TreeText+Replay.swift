// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import SystemIO

/// A replay for people.
extension TreeText {
    mutating func add(_ replay: Replay, _ clock: PageClock) {
        line("")
        let start = clock.shortText(of: replay.start)
        let cut = replay.isCut ? "; what was before is not kept" : ""
        guard !replay.episodes.isEmpty else { return line("no changes since \(start)\(cut)") }
        line("changes since \(start), the oldest first\(cut)")
        for episode in replay.episodes {
            line(clock.shortText(of: episode.at))
            branches((episode.causes + episode.names).map(Self.branch))
        }
    }

    private static func branch(_ event: Replay.Event) -> Branch {
        let change = event.change
        let lasted = event.lasted.map { "for \($0.words)" } ?? "until now"
        let cause = change.reason.isEmpty ? "" : ": \(change.reason)"
        let gap = change.skipped > 0 ? " (after \(change.skipped) more that are not kept)" : ""
        let names = event.subjects.joined(separator: ", ")
        let to = word(change, change.to, none: "withdrawn")
        let from = word(change, change.from, none: "new")
        // It has another kind of cause.
        let turn = from == to ? "still \(to)" : "\(from) -> \(to)"
        return Branch("\(names): \(turn) \(lasted)\(gap)\(cause)", event.children.map(branch))
    }

    private static func word(
        _ change: ChangeHistory.Change, _ state: Outcome.State?, none: String
    ) -> String {
        guard let state else { return none }
        return change.subject.isOutcome ? state.word : state.servingStatus
    }
}
