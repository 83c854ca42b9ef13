// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import Flags
import Settings

/// A check of something that a program depends on: what is looked at, how often, and what follows from it.
///
/// ```swift
/// let database = try HealthCheck.postgres("postgres://app@127.0.0.1/app", .passwordFile("/run/secrets/db"), .critical)
/// let backlog = try HealthCheck.task("backlog") {
///     await jobs.count < 1_000 ? .healthy : .degraded("\(await jobs.count) jobs wait")
/// }
/// ```
/// ``HealthChecks`` runs them.
public struct HealthCheck: Sendable {
    let setting: CheckSetting

    /// Reads a check in one line, as `skill-runtime --check` does: `KIND:TARGET[,option[=value]]...`. Throws the same errors.
    public init(line: String) throws(CheckError) {
        do {
            setting = try CheckSetting(line: line, Self.kinds)
        } catch {
            throw CheckError(error.reason)
        }
    }

    /// Reads the checks of a file of settings: the list under `checks:`, as `skill-runtime --config` does. Throws the same
    /// errors, each with its line and column. Those that others need come first.
    public static func list(yaml text: String) throws(CheckError) -> [HealthCheck] {
        let table = SettingTable<CheckList>(
            program: "checks", variablePrefix: "VITALS_", defaults: CheckList(),
            groups: [SettingGroup("Checks", [.checks(\.checks, "", of: kinds)])],
            problems: { $0.checks.problems })
        let reading = table.read(file: Array(text.utf8), named: "checks")
        guard reading.problems.isEmpty else {
            throw CheckError(reading.problems.joined(separator: "\n"))
        }
        return reading.options.checks.inOrder.map { HealthCheck($0) }
    }

    /// A check of a kind with options.
    init(_ kind: String, _ target: String?, _ options: [Option]) throws(CheckError) {
        try self.init(kind, target, options, Self.kinds)
    }

    /// A check that the program has written itself.
    init(_ name: String, _ options: [Option], _ kind: any CheckKind) throws(CheckError) {
        let kinds = CheckKinds([
            Self.ownKind: { (_, options) throws(CheckOptionError) in
                try options.checkEmpty()
                return kind
            }
        ])
        try self.init(Self.ownKind, nil, [.named(name)] + options, kinds)
    }

    private init(
        _ kind: String, _ target: String?, _ options: [Option], _ kinds: CheckKinds
    ) throws(CheckError) {
        var fields = [SettingRecord.Field("kind", [kind])]
        if let target { fields.append(.init("target", [target])) }
        fields += options.map { .init($0.name, $0.values) }
        do {
            setting = try CheckSetting(SettingRecord(fields), kinds)
        } catch {
            throw CheckError(error.text)
        }
    }

    private init(_ setting: CheckSetting) { self.setting = setting }

    /// Nothing takes reports in a program that imports this.
    private static let kinds = CheckKinds.all.refusing(
        "heartbeat",
        because:
            "cannot be reported here: use HealthCheck.task, and have it look at what was reported"
    )

    /// The kind of a check that the program has written itself.
    private static let ownKind = "own"

    private struct CheckList {
        var checks: [CheckSetting] = []
    }
}

extension HealthCheck {
    /// Unique among the checks of a ``HealthChecks``; the kind where no other name was given.
    public var name: String { setting.definition.name }

    /// The kind, such as `redis`; `own` for one that the program has written itself.
    public var kind: String { setting.kindName }

    /// What is checked, without secrets; empty where there is no target.
    public var target: String { setting.kind.targetText }

    /// The groups that it is a part of: `readiness`, if nothing else was said.
    public var groups: [String] { setting.definition.groups }

    /// It decides its groups alone.
    public var isCritical: Bool { setting.definition.isCritical }

    /// What is allowed, but probably a mistake, such as a target that hangs and is found only late.
    public var warnings: [String] { setting.warnings }
}

/// Why a check cannot be made, added or removed.
public struct CheckError: Error, Equatable, CustomStringConvertible, Sendable {
    /// What is wrong, and what to do about it; several problems are a line each.
    public let description: String

    init(_ description: String) { self.description = description }
}
