// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import SystemIO

extension StatusReport {
    /// The whole page.
    package var page: [UInt8] {
        let page: HTML = """
            \(literal: PageParts.toTitle)\(title)\(literal: PageParts.toIcon)\
            \(literal: headline.tone.favicon)\(literal: PageParts.toPage)\(content)\
            \(literal: PageParts.toEnd)
            """
        return page.bytes
    }

    /// What the script of the page needs to bring it up to date; no line ends in it.
    package var update: [UInt8] {
        let update: HTML = """
            <title>\(title)</title><link rel="icon" href="\(literal: headline.tone.favicon)">\
            <div id="page">\(content)</div>
            """
        return update.bytes
    }

    private var title: String {
        let isPlain = headline.verdict.isServing || headline.tone != .bad
        let cause = isPlain ? "" : ": " + (headline.verdict.outcome.code?.words ?? "unknown cause")
        return headline.word + cause + " · " + service.name
    }

    /// What changes: everything but the footer.
    private var content: HTML {
        """
        <div data-now="\(clock.wall.seconds)">\(header)<main id="main" tabindex="-1">\
        \(verdict)<div class="grid"><div>\(nameSection)\(memorySection)\(queueSection)\
        \(connectionSection)</div><div>\(checkSection)\(modelSection)\(registrationSection)</div></div>\
        \(changeSection)</main></div>
        """
    }

    private var header: HTML {
        let readers: HTML = audience == .operators ? " · for operators, with reasons" : ""
        return """
            <header><h1>\(service.name)</h1><p>Vitals \(service.version) · started \
            \(time(service.started))\(readers)</p></header>
            """
    }

    private var verdict: HTML {
        let outcome = headline.verdict.outcome
        let figures: HTML =
            audience == .operators && !outcome.figures.isEmpty && !headline.verdict.isServing
            ? "\(outcome.figures) · " : ""
        return """
            <section class="verdict \(headline.tone.name)" aria-label="Verdict"><div>\
            \(headline.tone.icon)<div><div role="status" aria-atomic="true">\
            <h2 class="word">\(headline.word)</h2><p>\(headline.explanation)</p></div>\
            <p class="quiet">\(figures)<code>\(outcome.state.servingStatus)</code> since \
            \(time(since))</p></div></div>\(hour)</section>
            """
    }

    private var nameSection: HTML {
        list(
            "names", "Health names",
            names.map { line in
                let name = line.name.isEmpty ? "whole server" : line.name
                return row(name, line, line.outcome.state.servingStatus)
            })
    }

    private var checkSection: HTML {
        list("checks", "Checks", checks.map { row($0.name, $0, $0.outcome.state.word.capitalized) })
    }

    private func row(_ name: String, _ line: Line, _ word: String) -> HTML {
        row(name, Tone(line.outcome.state, line.outcome.code), word, since: line.since, line.why)
    }

    /// A name, how it is, since when, and what there is to say about it.
    func row(
        _ name: String, _ tone: Tone, _ word: String, since: MonotonicTime, _ text: String?
    ) -> HTML {
        let note: HTML = text.map { "<p class=\"why\">\($0.capitalized)</p>" } ?? ""
        return """
            <li><b>\(name)</b><span class="state \(tone.name)">\(tone.icon)\(word)</span>\
            <p class="quiet">since \(time(since))</p>\(note)</li>
            """
    }

    /// A section with a list.
    func list(_ id: HTML, _ title: HTML, _ rows: [HTML]) -> HTML {
        let items = rows.reduce(into: HTML()) { $0 += $1 }
        return section(id, title, "<ul class=\"rows\">\(items)</ul>")
    }

    /// A section with a heading.
    func section(_ id: HTML, _ title: HTML, _ content: HTML) -> HTML {
        """
        <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>\(content)</section>
        """
    }

    /// A moment: on the clock, and how long ago. The script of the page keeps the latter right.
    func time(_ moment: MonotonicTime) -> HTML {
        """
        <time datetime="\(clock.text(of: moment))">\(clock.shortText(of: moment))</time> · \
        <i>\(clock.ago(moment))</i>
        """
    }
}
