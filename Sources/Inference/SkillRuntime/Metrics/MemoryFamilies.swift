// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import HostMemory
import SkillServices

/// The memory that the process can still get, and the marks that decide.
enum MemoryFamilies {
    static let available = MetricFamily(
        .gauge, "vitals_memory_available_bytes", unit: "bytes",
        help: "Memory that the container can still get, as it was measured last.")
    static let marks = MetricFamily(
        .gauge, "vitals_memory_mark_bytes", unit: "bytes",
        help:
            "Available memory below which the server becomes not ready (low), and ready again (high)."
    )

    static let all = [available, marks]

    static func read(_ state: RuntimeState, _ limits: MemoryGate.Limits?) -> [MetricFamily] {
        var (available, marks) = (available, marks)
        if let bytes = state.availableMemory { available.add(.integer(Int(clamping: bytes))) }
        if let limits {
            marks.add(.integer(Int(clamping: limits.low)), MetricLabel("mark", "low"))
            marks.add(.integer(Int(clamping: limits.high)), MetricLabel("mark", "high"))
        }
        return [available, marks]
    }
}
