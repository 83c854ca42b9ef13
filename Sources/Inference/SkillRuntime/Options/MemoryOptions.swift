// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Settings
import Text

/// How much memory has to be available to be ready.
package struct MemoryOptions: Sendable {
    /// Bytes; 0 for no such condition.
    package var minAvailable: Int64 = 100 << 20
    /// Bytes to be ready again; 0 to have it follow from ``minAvailable``.
    package var minAvailableHigh: Int64 = 0
    /// How long memory must be low before readiness goes.
    package var lowFor = Duration.seconds(1)
    /// How long it must be enough before readiness comes back.
    package var highFor = Duration.seconds(5)

    /// Nil for no such condition.
    var limits: MemoryGate.Limits? {
        guard minAvailable > 0 else { return nil }
        var limits = MemoryGate.Limits(
            low: UInt64(minAvailable), high: minAvailableHigh > 0 ? UInt64(minAvailableHigh) : nil)
        limits.fallAfter = lowFor
        limits.riseAfter = highFor
        return limits
    }
}

extension MemoryOptions {
    var problems: [SettingProblem] {
        guard minAvailableHigh != 0, minAvailableHigh < minAvailable else { return [] }
        return [
            SettingProblem(
                "--min-available-ram-high must not be less than --min-available-ram",
                about: "min-available-ram-high", "min-available-ram")
        ]
    }

    /// What is impossible on this machine.
    var warnings: [SettingProblem] {
        if limits == nil { return [] }
        var memory = AvailableMemory()
        return (try? memory.limit()).map { warnings(within: $0) } ?? []
    }

    /// What is impossible with so much memory in all: readiness, or its return.
    func warnings(within limit: MemorySample) -> [SettingProblem] {
        guard let limits else { return [] }
        let most =
            "\(limit.source.text) has \(SizeText.rounded(limit.availableBytes, .down)) in all"
        if limit.availableBytes <= limits.low {
            return [
                SettingProblem(
                    "--min-available-ram is \(SizeText.rounded(limits.low, .up)), but \(most): the server can never "
                        + "be ready; raise the limit, or lower the setting",
                    about: "min-available-ram")
            ]
        }
        if limit.availableBytes <= limits.high {
            return [
                SettingProblem(
                    "--min-available-ram-high is \(SizeText.rounded(limits.high, .up)), but \(most): a server that "
                        + "was short of memory can never be ready again; raise the limit, or lower the "
                        + "settings", about: "min-available-ram-high")
            ]
        }
        return []
    }
}

extension RuntimeOptions {
    static var memorySettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "min-available-ram", \.memory.minAvailable, .size,
                "RAM that must be available to be ready; 0 for no such condition"),
            .value(
                "min-available-ram-high", \.memory.minAvailableHigh, .size,
                "RAM that must be available to be ready again",
                default: "1.2 x --min-available-ram"),
            .value(
                "memory-low-for", \.memory.lowFor, .duration,
                "time for which RAM must be short before readiness goes"),
            .value(
                "memory-high-for", \.memory.highFor, .duration,
                "time for which RAM must be enough again before readiness comes back"),
        ]
    }
}
