// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import Text

/// The document `application/health+json` (draft-inadarei-api-health-check-06).
extension HealthReport {
    /// Checks of one component, under one key.
    private struct Component {
        let key: String
        var checks: [(id: String?, check: Check)]
    }

    /// The document.
    func healthJSON(_ context: PageContext) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("status", "\(state.healthWord)")
            writer.set("version", context.identity.version)
            writer.set("serviceId", context.identity.instance)
            writer.set("description", "health of \(context.identity.service)")
            let cause = cause.flatMap { context.audience.cause(of: $0) }
            let output = isShuttingDown ? "Service is shutting down" : cause
            if state != .healthy { writer.set("output", output ?? message) }
            if let warning = Exclusion.warning(of: unmatched) { writer.array("notes", [warning]) }
            writer.object("checks") { writer in
                for component in components {
                    writer.array(named: component.key, component.checks) {
                        write($1.check, id: $1.id, &$0, context)
                    }
                }
                writer.array("uptime", [context.clock.seconds(since: context.identity.start)]) {
                    $0.set("componentType", "system")
                    $0.set("observedValue", $1)
                    $0.set("observedUnit", "s")
                    $0.set("status", "pass")
                    $0.set("time", context.clock.wall.text)
                }
            }
        }
        return writer.bytes
    }

    /// `model/a` and `model/b` are two of the component `model`. A colon would end the component's name.
    private var components: [Component] {
        var components: [Component] = []
        for check in checks {
            let parts = check.name.split(separator: "/", maxSplits: 1)
            let name = String(
                decoding: (parts.first ?? "").utf8.map { byte in
                    byte == UInt8(ascii: ":") ? UInt8(ascii: "-") : byte
                }, as: UTF8.self)
            let (key, id) = (name + ":state", parts.count > 1 ? String(parts[1]) : nil)
            if let index = components.firstIndex(where: { $0.key == key }) {
                components[index].checks.append((id, check))
            } else {
                components.append(Component(key: key, checks: [(id, check)]))
            }
        }
        return components
    }

    private func write(
        _ check: Check, id: String?, _ writer: inout JSONWriter, _ context: PageContext
    ) {
        if let id { writer.set("componentId", id) }
        writer.set("componentType", "component")
        writer.set("observedValue", "\(check.state.word)")
        writer.set("status", "\(check.state.healthWord)")
        writer.set("time", context.clock.timestamp(of: check.entry.reported).text)
        if let cause = context.audience.cause(of: check.entry.outcome) {
            writer.set("output", cause)
        }
    }
}

extension Outcome.State {
    /// As the draft writes it: what serves, passes or warns.
    fileprivate var healthWord: StaticString {
        switch self {
        case .healthy: "pass"
        case .degraded: "warn"
        case .unknown, .unhealthy: "fail"
        }
    }
}
