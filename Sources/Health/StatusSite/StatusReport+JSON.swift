// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import StatusBoard
import StatusPages
import SystemIO
import Text

extension StatusReport {
    /// The report for programs: one JSON document, which docs/status-page.md describes.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("revision", revision)
            writer.set("time", clock.text(of: clock.now))
            writer.set("reported", clock.text(of: reported))
            writer.set("status", headline.verdict.outcome.state.servingStatus)
            writer.set("phase", headline.phase)
            writer.set("since", clock.text(of: since))
            cause(of: headline.verdict.outcome, into: &writer)
            writer.object("service") { writer in
                set("name", service.name, in: &writer)
                writer.set("version", service.version)
                writer.set("started", clock.text(of: service.started))
                writer.set("uptime_seconds", clock.seconds(since: service.started))
            }
            writer.array("names", names) { set($1, in: &$0) }
            writer.array("checks", checks) { set($1, in: &$0) }
            writer.set("omitted", omitted)
            setFigures(in: &writer)
            writer.array("changes", history.recent(at: clock.now)) { set($1, in: &$0) }
        }
        return writer.bytes
    }

    private func set(_ line: Line, in writer: inout JSONWriter) {
        set("name", line.name, in: &writer)
        if line.isHealthName { writer.set("status", line.outcome.state.servingStatus) }
        writer.set("state", line.outcome.state.word)
        writer.set("since", clock.text(of: line.since))
        writer.set("age_seconds", clock.seconds(since: line.since))
        if let decidedBy = line.decidedBy { set("decided_by", decidedBy, in: &writer) }
        cause(of: line.outcome, into: &writer)
    }

    private func cause(of outcome: Outcome, into writer: inout JSONWriter) {
        writer.set("code", outcome.code?.rawValue)
        if audience == .operators {
            set("reason", outcome.text.isEmpty ? nil : outcome.text, in: &writer)
        }
    }

    private func setFigures(in writer: inout JSONWriter) {
        if let memory = figures.memory {
            writer.object("memory") { writer in
                writer.set("available_bytes", memory.available)
                writer.set("low_bytes", memory.low)
                writer.set("high_bytes", memory.high)
                writer.set("resident_bytes", memory.resident)
            }
        }
        if let queue = figures.queue {
            writer.object("queue") { writer in
                writer.set("waiting", queue.waiting)
                writer.set("limit", queue.limit)
                writer.set("long_at", queue.longAt)
                writer.set("busy_workers", queue.busyWorkers)
                writer.set("workers", queue.workers)
            }
        }
        writer.array("models", figures.models.prefix(Self.lineLimit)) { writer, model in
            set("name", model.name, in: &writer)
            writer.set("loaded", model.bytes != nil)
            writer.set("required", model.isRequired)
            writer.set("bytes", model.bytes)
            writer.set("reloads", model.reloads)
            writer.set("last_reload_failed", model.reloadFailure != nil)
            guard audience == .operators else { return }
            set("path", model.path, in: &writer)
            set("reload_failure", model.reloadFailure, in: &writer)
        }
        writer.array("connections", figures.connections) { writer, connections in
            writer.set("address", connections.purpose)
            writer.set("open", connections.open)
            writer.set("limit", connections.limit)
            writer.set("streams", connections.streams)
        }
        if audience == .operators, !figures.registrations.isEmpty {
            writer.array("registrations", figures.registrations.prefix(Self.lineLimit)) {
                set($1, in: &$0)
            }
        }
    }

    private func set(_ place: RegisteredPlace, in writer: inout JSONWriter) {
        set("registry", place.registry, in: &writer)
        set("service", place.service, in: &writer)
        set("id", place.id, in: &writer)
        set("address", place.address, in: &writer)
        writer.set("status", place.status)
        writer.set("since", place.since.map { clock.text(of: $0) })
        writer.set("lease_end", place.leaseEnd.map { clock(at: $0).text(of: $0) })
        set("failure", place.failure, in: &writer)
    }

    private func set(_ change: ChangeHistory.Change, in writer: inout JSONWriter) {
        writer.set("time", clock.text(of: change.at))
        switch change.subject {
        case .healthName(let name):
            writer.set("kind", "name")
            set("name", name, in: &writer)
        case .outcome(let name):
            writer.set("kind", "check")
            set("name", name.rawValue, in: &writer)
        }
        writer.set("from", change.from?.word)
        writer.set("to", change.to?.word)
        writer.set("code", change.code?.rawValue)
        writer.set("skipped", change.skipped)
    }

    /// A text of others, which may be long.
    private func set(_ key: StaticString, _ text: String?, in writer: inout JSONWriter) {
        writer.set(key, text.map { PrintableText.prefix(of: $0, bytes: HTML.textLimit) })
    }
}
