// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard

extension StatusReport {
    /// Changes that the page lists; status.json has all.
    private static let listedChanges = 12

    /// The last hour as a strip: a bar a minute, as long as its worst state is good.
    var hour: HTML {
        let states = history.worstStates(of: .healthName(""), in: 60, at: clock.now)
        let looks = [Outcome.State.healthy, .degraded, .unknown, .unhealthy, nil]
        let bars = looks.reduce(into: HTML()) { $0 += Self.bars(of: $1, in: states) }
        let known = states.count { $0 != nil }
        let bad = states.count { $0.map { !$0.canServe } ?? false }
        return """
            <figure><svg viewBox="0 0 600 40" preserveAspectRatio="none" role="img" \
            aria-label="The last hour, minute by minute: not serving in \(bad) of \(known) known minutes">\
            \(bars)</svg><figcaption><span>an hour ago</span><span>now</span>\
            <p>A bar is the worst state of a minute: the shorter, the worse.</p></figcaption></figure>
            """
    }

    /// The bars of one state, all in one shape.
    private static func bars(of look: Outcome.State?, in states: [Outcome.State?]) -> HTML {
        var shape = HTML()
        let height = height(of: look)
        for (minute, state) in states.enumerated() where state == look {
            shape += "M\(minute * 10 + 1) \(40 - height)h8v\(height)h-8z"
        }
        let name: HTML = look.map { "bar \(Tone($0).name)" } ?? "none"
        return shape.bytes.isEmpty ? shape : "<path class=\"\(name)\" d=\"\(shape)\"/>"
    }

    private static func height(of state: Outcome.State?) -> Int {
        switch state {
        case .healthy: 40
        case .degraded: 28
        case .unknown, .unhealthy: 14
        case nil: 3
        }
    }

    /// The latest changes as a list.
    var changeSection: HTML {
        let changes = history.recent(at: clock.now)
        guard !changes.isEmpty else {
            return section(
                "changes", "Changes in the last hour", "<p class=\"quiet\">There were none.</p>")
        }
        let listed = changes.prefix(Self.listedChanges)
        let items = listed.reduce(into: HTML()) { $0 += item($1) }
        let more: HTML =
            changes.count > listed.count
            ? "<p class=\"quiet\">\(changes.count - listed.count) earlier ones are in status.json.</p>"
            : ""
        return section(
            "changes", "Changes in the last hour", "<ol class=\"rows\">\(items)</ol>\(more)")
    }

    private func item(_ change: ChangeHistory.Change) -> HTML {
        let tone = change.to.map { Tone($0) } ?? .unknown
        let cause: HTML = change.code.map { " (\($0.words))" } ?? ""
        let gap: HTML =
            change.skipped > 0 ? " · after \(change.skipped) more that are not kept" : ""
        return """
            <li><p><b>\(Self.name(of: change.subject))</b> \
            <span class="quiet">\(word(of: change.from, change.subject, none: "new")) →</span> \
            <span class="state \(tone.name)">\(tone.icon)\
            \(word(of: change.to, change.subject, none: "withdrawn"))\(cause)</span></p>\
            <p class="quiet">\(time(change.at))\(gap)</p></li>
            """
    }

    private static func name(of subject: ChangeHistory.Subject) -> String {
        switch subject {
        case .healthName(""): "whole server"
        case .healthName(let name): name
        case .outcome(let name): name.rawValue
        }
    }

    private func word(
        of state: Outcome.State?, _ subject: ChangeHistory.Subject, none: String
    ) -> String {
        guard let state else { return none }
        if case .healthName = subject { return state.servingStatus }
        return state.word
    }
}
