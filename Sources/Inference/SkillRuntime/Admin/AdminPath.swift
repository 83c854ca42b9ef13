// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import StatusPages

/// The paths of commands.
enum AdminPath: CaseIterable {
    case drain, resume, reload, maintenance, fail

    /// As requests have it.
    var text: StaticString {
        switch self {
        case .drain: "/admin/drain"
        case .resume: "/admin/resume"
        case .reload: "/admin/reload"
        case .maintenance: "/admin/maintenance"
        case .fail: "/admin/fail"
        }
    }

    /// What a request with these parameters asks for. Throws what is wrong with them.
    func command(_ parameters: QueryParameters) throws(AdminRefusal) -> Runtime.Command {
        switch self {
        case .drain:
            try parameters.allow([])
            return .drain
        case .resume:
            try parameters.allow([])
            return .resume
        case .reload:
            try parameters.allow([])
            return .reload([.models, .certificates, .modelServer])
        case .maintenance:
            try parameters.allow(["on"])
            switch parameters["on"] {
            case "true": return .setMaintenance(true)
            case "false": return .setMaintenance(false)
            default: throw AdminRefusal("use ?on=true or ?on=false")
            }
        case .fail: return try Self.drill(parameters)
        }
    }

    private static func drill(_ parameters: QueryParameters) throws(AdminRefusal) -> Runtime.Command
    {
        try parameters.allow(["for", "name"])
        let names = Drill.Target.allCases.map(\.rawValue).joined(separator: " or ")
        let name = parameters["name"]
        let target = name.map { Drill.Target(rawValue: $0) } ?? .readiness
        guard let target else { throw AdminRefusal("unknown name: use name=\(names)") }
        guard let text = parameters["for"] else {
            throw AdminRefusal("for how long? use ?for=60s, or ?for=0 to end a drill")
        }
        let duration: Duration
        do throws(FlagValueError) {
            duration = try FlagValue.duration(text)
        } catch {
            throw AdminRefusal("for: \(error.reason)")
        }
        guard duration >= .zero, duration <= Drill.longest else {
            throw AdminRefusal("for: out of range: use 0 to \(Drill.longest.goText)")
        }
        // Without a name all of them end: who ends a drill wants health back.
        if duration == .zero, name == nil { return .endDrills }
        return .drill(Drill(target: target, duration: duration))
    }
}
