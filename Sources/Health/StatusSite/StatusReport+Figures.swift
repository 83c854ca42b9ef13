// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import StatusPages
import Text

/// The sections with numbers.
extension StatusReport {
    /// The available memory against the marks between which a verdict stays as it is.
    var memorySection: HTML {
        guard let memory = figures.memory else { return "" }
        let own: HTML = """
            <p class="quiet">The process itself uses \(SizeText.rounded(memory.resident, .down)).</p>
            """
        guard let available = memory.available else {
            return section(
                "memory", "Available memory", "<p class=\"big\">not known</p>\(own)")
        }
        let text = SizeText.rounded(available, .down)
        guard let low = memory.low, let high = memory.high, high > 0 else {
            return section("memory", "Available memory", "<p class=\"big\">\(text)</p>\(own)")
        }
        let tone: Tone = available < low ? .bad : available < high ? .degraded : .good
        let (lowText, highText) = (SizeText.rounded(low, .up), SizeText.rounded(high, .up))
        // Three times the high mark is plenty: what is beyond does not matter.
        let bar = Bar(
            value: Double(available), end: Double(high) * 3, marks: [Double(low), Double(high)],
            tone: tone)
        let label: HTML = "\(text) of memory available; the marks are \(lowText) and \(highText)"
        return section(
            "memory", "Available memory",
            """
            <p class="big">\(text)</p>\(bar.html(label: label))\
            <p class="quiet"><span class="key"></span>not serving below \(lowText)</p>\
            <p class="quiet"><span class="key dash"></span>serving again from \(highText) on</p>\(own)
            """)
    }

    /// The requests that wait, against the number from which on the server is not ready.
    var queueSection: HTML {
        guard let queue = figures.queue else { return "" }
        let isLong = queue.longAt > 0 && queue.waiting >= queue.longAt
        let bar = Bar(
            value: Double(queue.waiting), end: Double(max(queue.limit, 1)),
            marks: queue.longAt > 0 ? [Double(queue.longAt)] : [], tone: isLong ? .bad : .good)
        let mark: HTML =
            queue.longAt > 0
            ? """
            <p class="quiet"><span class="key"></span>not serving from \(queue.longAt) on</p>
            """ : ""
        return section(
            "queue", "Queue",
            """
            <p class="big">\(queue.waiting) <span class="quiet">waiting, of \(queue.limit) at most</span></p>\
            \(bar.html(label: "\(queue.waiting) of \(queue.limit) places in the queue are taken"))\(mark)\
            <p class="quiet">\(queue.busyWorkers) of \(queue.workers) workers busy</p>
            """)
    }

    /// The models.
    var modelSection: HTML {
        guard !figures.models.isEmpty else { return "" }
        return list("models", "Models", figures.models.prefix(Self.lineLimit).map(row))
    }

    private func row(_ model: SiteFigures.Model) -> HTML {
        let standing = history.standings[.outcome(OutcomeName(rawValue: model.outcome))]
        let isLoaded = model.bytes != nil
        var notes: [String] = []
        if let bytes = model.bytes { notes.append(SizeText.rounded(bytes, .down)) }
        if !model.isRequired { notes.append("not needed to be ready") }
        if model.reloads > 0 { notes.append("reloaded \(model.reloads) times") }
        if let failure = model.reloadFailure {
            notes.append(
                audience == .operators
                    ? "the last reload failed: \(failure)" : "the last reload failed")
        }
        if audience == .operators, let path = model.path { notes.append(path) }
        let tone = standing.map { Tone($0.state, $0.code) } ?? .unknown
        return row(
            model.name, tone, isLoaded ? "Loaded" : "Not loaded",
            since: standing?.since ?? service.started,
            notes.isEmpty ? nil : notes.joined(separator: " · "))
    }

    /// Where the process is registered, since when, and how long without another write.
    var registrationSection: HTML {
        guard audience == .operators, !figures.registrations.isEmpty else { return "" }
        let rows = figures.registrations.prefix(Self.lineLimit).map { place -> HTML in
            let tone: Tone =
                switch (place.failure, place.status) {
                case (.some, _): .degraded
                case (nil, "available"): .good
                case (nil, "unavailable"): .bad
                case (nil, "draining"): .draining
                default: .unknown
                }
            let lease: HTML =
                place.leaseEnd.map { " · kept until \(clock(at: $0).shortText(of: $0))" } ?? ""
            let since: HTML = place.since.map { "since \(time($0))\(lease)" } ?? "not registered"
            let failure: HTML = place.failure.map { "<p class=\"why\">\($0.capitalized)</p>" } ?? ""
            return """
                <li><b>\(place.registry)</b><span class="state \(tone.name)">\(tone.icon)\
                \(place.status?.capitalized ?? "Not registered")</span>\
                <p class="quiet">\(place.service) · \(place.address) · \(place.id)</p>\
                <p class="quiet">\(since)</p>\(failure)</li>
                """
        }
        return list("registries", "Registries", rows)
    }

    /// The connections at each address.
    var connectionSection: HTML {
        guard !figures.connections.isEmpty else { return "" }
        var rows = HTML()
        for one in figures.connections {
            let streams: HTML = one.streams == 1 ? "1 stream" : "\(one.streams) streams"
            rows += """
                <dt>\(one.purpose.capitalized)</dt><dd>\(one.open) \
                <span class="quiet">of \(one.limit), \(streams)</span></dd>
                """
        }
        return section("connections", "Connections", "<dl>\(rows)</dl>")
    }
}

/// A value on a scale with marks, drawn without a style: a browser allows none here.
private struct Bar {
    let value: Double
    let end: Double
    /// The first is drawn as a line, the second dashed.
    let marks: [Double]
    let tone: Tone

    func html(label: HTML) -> HTML {
        var lines = HTML()
        for (index, mark) in marks.enumerated() {
            let look: HTML = index == 0 ? "mark" : "mark dash"
            lines += "<path class=\"\(look)\" d=\"M\(place(mark)) 0v10\"/>"
        }
        return """
            <svg class="meter" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" \
            aria-label="\(label)"><rect class="track" width="1000" height="10"/>\
            <rect class="bar \(tone.name)" width="\(place(value))" height="10"/>\(lines)</svg>
            """
    }

    private func place(_ value: Double) -> Int { Int(min(max(value / end, 0), 1) * 1000) }
}
