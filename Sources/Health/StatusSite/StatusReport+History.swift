// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages

extension StatusReport {
    /// Rows of changes on the page; status.json has all changes.
    private static let listedChanges = 8

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

    /// The latest changes as a list. Names that changed together in the same way share a row.
    var changeSection: HTML {
        let changes = history.recent(at: clock.now)
        guard !changes.isEmpty else {
            return section(
                "changes", "Changes in the last hour", "<p class=\"quiet\">There were none.</p>")
        }
        var groups: [[ChangeHistory.Change]] = []
        for change in changes {
            if let last = groups.last?.last, last.isLike(change) {
                groups[groups.count - 1].append(change)
            } else {
                groups.append([change])
            }
        }
        let listed = groups.prefix(Self.listedChanges)
        let items = listed.reduce(into: HTML()) { $0 += item($1) }
        let rest = changes.count - listed.reduce(0) { $0 + $1.count }
        let more: HTML =
            rest > 0 ? "<p class=\"quiet\">\(rest) earlier ones are in status.json.</p>" : ""
        return section(
            "changes", "Changes in the last hour", "<ol class=\"rows\">\(items)</ol>\(more)")
    }

    /// A row of changes that are alike.
    private func item(_ changes: [ChangeHistory.Change]) -> HTML {
        let change = changes[0]
        let tone = change.to.map { Tone($0, change.code) } ?? .unknown
        // Listed as they are listed above: the newest is first here.
        let names = changes.reversed().map { Self.name(of: $0.subject) }.joined(separator: ", ")
        let from: HTML =
            change.from == change.to
            ? ""
            : "<span class=\"quiet\">\(word(of: change.from, change.subject, none: "new")) →</span> "
        let cause: HTML = change.code.map { " (\($0.words))" } ?? ""
        let skipped = changes.reduce(0) { $0 + $1.skipped }
        let gap: HTML = skipped > 0 ? " · after \(skipped) more that are not kept" : ""
        return """
            <li><p><b>\(names)</b> \(from)<span class="state \(tone.name)">\(tone.icon)\
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

extension ChangeHistory.Change {
    /// Whether another subject of the same kind changed in the same way at the same moment.
    fileprivate func isLike(_ other: Self) -> Bool {
        let areNames =
            switch (subject, other.subject) {
            case (.healthName, .healthName), (.outcome, .outcome): true
            default: false
            }
        return areNames && at == other.at && from == other.from && to == other.to
            && code == other.code
    }
}
