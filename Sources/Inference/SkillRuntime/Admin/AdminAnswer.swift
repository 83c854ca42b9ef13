// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HTTP1Wire
import HTTPRouting
import StatusPages
import Text

/// The answers to commands, in JSON: `message` when it was done, `error` when not.
enum AdminAnswer {
    /// What a command came to.
    static func response(to command: Runtime.Command, _ reply: Runtime.Reply) -> HTTPResponse {
        switch reply {
        case .done: .json(.ok, "message", message(of: command))
        case .refused(let reason): .json(.conflict, "error", reason)
        case .reloaded(let results): response(results)
        }
    }

    /// The command is not done yet: nothing says that it will be.
    static func late(_ command: Runtime.Command) -> HTTPResponse {
        if command.isReload {
            return .json(
                .accepted, "message", "Reload is still under way; its result will be in the log")
        }
        return .json(.serviceUnavailable, "error", "the control loop does not respond")
    }

    private static func message(of command: Runtime.Command) -> String {
        switch command {
        case .drain, .terminate: "Service draining initiated"
        case .resume: "Service resumed"
        case .setMaintenance(let isOn): "Maintenance is \(isOn ? "on" : "off")"
        case .toggleMaintenance: "Maintenance switched"
        case .drill(let drill) where drill.duration > .zero:
            "Drill: \(drill.target.rawValue) fails for \(drill.duration.goText)"
        case .drill(let drill): "Drill of \(drill.target.rawValue) is over"
        case .endDrills: "Drills are over"
        case .reload: "Reload done"
        }
    }

    private static func response(_ results: [Reload.Result]) -> HTTPResponse {
        let items = results.map { result in
            let name = PrintableText.quoted(result.name, .json)
            guard let failure = result.failure else { return "{\"name\":\(name),\"ok\":true}" }
            let reason = PrintableText.quoted(failure, .json)
            return "{\"name\":\(name),\"ok\":false,\"reason\":\(reason)}"
        }
        let failed = results.filter { $0.failure != nil }.map(\.name).joined(separator: ", ")
        let tail = ",\"results\":[" + items.joined(separator: ",") + "]"
        if failed.isEmpty { return .json(.ok, "message", "Reload done", tail: tail) }
        return .json(
            .conflict, "error", "not reloaded: \(failed); what was in use before still is",
            tail: tail)
    }
}
