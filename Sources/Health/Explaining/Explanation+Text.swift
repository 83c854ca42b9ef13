// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import SystemIO

/// An explanation for people: a tree.
extension Explanation {
    /// UTF-8, with a line end after each line.
    package var text: [UInt8] {
        var tree = TreeText()
        tree.line(
            "\(verdict.outcome.state.servingStatus) \(lasting(since))\(cause(verdict.outcome))")
        for name in names {
            tree.line("")
            tree.line(heading(of: name))
            tree.branches(parts(of: name))
        }
        if !others.isEmpty {
            tree.line("")
            tree.line("decide nothing")
            tree.branches(others.map(branch))
        }
        for section in sections {
            tree.line("")
            tree.line(section.title)
            tree.branches(section.lines.map { .init($0) })
        }
        if let replay { tree.add(replay, clock) }
        return Array(tree.text.utf8)
    }

    private func heading(of name: Name) -> String {
        let names = name.names.map(HealthNameText.of).joined(separator: ", ")
        let status = "\(names): \(name.verdict.outcome.state.servingStatus) \(lasting(name.since))"
        return status + cause(name.verdict.outcome)
    }

    private func parts(of name: Name) -> [TreeText.Branch] {
        var branches = name.rows.map(branch)
        if !name.healthy.isEmpty {
            branches.append(.init("healthy: \(name.healthy.joined(separator: ", "))"))
        }
        if !name.blockers.isEmpty {
            let names = name.blockers.joined(separator: ", ")
            branches.insert(.init("to become SERVING: \(names)"), at: 0)
        }
        return branches
    }

    private func branch(_ row: Row) -> TreeText.Branch {
        var parts: [TreeText.Branch] = []
        if let change = row.change { parts.append(.init("to change: \(change)")) }
        parts += row.notes.map { .init($0) }
        parts += row.children.map(branch)
        let state = "\(row.name): \(row.outcome.state.word) \(lasting(row.since))"
        return .init(state + cause(row.outcome), parts)
    }

    private func lasting(_ since: MonotonicTime) -> String {
        "for \((clock.now - since).words), since \(clock.shortText(of: since))"
    }

    private func cause(_ outcome: Outcome) -> String {
        outcome.text.isEmpty ? "" : ": \(outcome.text)"
    }
}
