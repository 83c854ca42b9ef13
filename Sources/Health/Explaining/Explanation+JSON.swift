// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages
import SystemIO
import Text

/// An explanation for programs: one JSON document, which docs/operations.md describes.
extension Explanation {
    /// The document, with a line end.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("status", verdict.outcome.state.servingStatus)
            writer.set("time", clock.text(of: clock.now))
            set(since, in: &writer)
            set(verdict.outcome, in: &writer)
            writer.array("names", names) { set($1, in: &$0) }
            writer.array("others", others) { set($1, in: &$0) }
            if !sections.isEmpty {
                writer.array("more", sections) { writer, section in
                    writer.set("title", section.title)
                    writer.array("lines", section.lines)
                }
            }
            if let replay { set(replay, in: &writer) }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private func set(_ since: MonotonicTime, in writer: inout JSONWriter) {
        writer.set("since", clock.text(of: since))
        writer.set("age_seconds", thousandths: max(0, (clock.now - since).wholeMilliseconds))
    }

    private func set(_ outcome: Outcome, in writer: inout JSONWriter) {
        writer.set("state", outcome.state.word)
        writer.set("code", outcome.code?.rawValue)
        writer.set("cause", outcome.text.isEmpty ? nil : outcome.text)
    }

    private func set(_ name: Name, in writer: inout JSONWriter) {
        writer.array("names", name.names)
        writer.set("status", name.verdict.outcome.state.servingStatus)
        set(name.since, in: &writer)
        set(name.verdict.outcome, in: &writer)
        writer.array("to_become_serving", name.blockers)
        writer.array("outcomes", name.rows) { set($1, in: &$0) }
        writer.array("healthy", name.healthy)
    }

    private func set(_ row: Row, in writer: inout JSONWriter) {
        writer.set("name", row.name)
        set(row.since, in: &writer)
        set(row.outcome, in: &writer)
        writer.set("decides", row.isBlocker)
        writer.set("to_change", row.change)
        writer.array("notes", row.notes)
        if let runs = row.runs {
            writer.object("runs") { writer in
                writer.set("latest", runs.latest?.word)
                writer.set("latest_cause", runs.latestCause.isEmpty ? nil : runs.latestCause)
                writer.set("contradictions", runs.contradictions)
                writer.set("fall", runs.fall)
                writer.set("rise", runs.rise)
                if let next = runs.nextRun {
                    writer.set(
                        "next_in_seconds", thousandths: max(0, (next - clock.now).wholeMilliseconds)
                    )
                }
                writer.array("needs", runs.needs)
                writer.set("blocked_by", runs.blockedBy)
                writer.set("dry", runs.isDry)
                writer.set("count", runs.runs)
                writer.set("changes", runs.changes)
                writer.set("changes_without_thresholds", runs.resultChanges)
            }
        }
        if !row.children.isEmpty {
            writer.array("blocks", row.children) { set($1, in: &$0) }
        }
    }

    // MARK: The replay

    private func set(_ replay: Replay, in writer: inout JSONWriter) {
        writer.object("replay") { writer in
            writer.set("since", clock.text(of: replay.start))
            writer.set("is_cut", replay.isCut)
            writer.array("episodes", replay.episodes) { writer, episode in
                writer.set("at", clock.text(of: episode.at))
                writer.array("causes", episode.causes) { set($1, in: &$0) }
                writer.array("names", episode.names) { set($1, in: &$0) }
            }
        }
    }

    private func set(_ event: Replay.Event, in writer: inout JSONWriter) {
        let change = event.change
        writer.array("names", event.subjects)
        writer.set("from", change.from?.word)
        writer.set("to", change.to?.word)
        writer.set("code", change.code?.rawValue)
        writer.set("cause", change.reason.isEmpty ? nil : change.reason)
        writer.set("at", clock.text(of: change.at))
        if let lasted = event.lasted {
            writer.set("lasted_seconds", thousandths: max(0, lasted.wholeMilliseconds))
        }
        if change.skipped > 0 { writer.set("skipped", change.skipped) }
        if !event.children.isEmpty {
            writer.array("followed_by", event.children) { set($1, in: &$0) }
        }
    }
}
