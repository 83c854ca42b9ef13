// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HostMemory
import StatusBoard
import Synchronization
import SystemIO

/// Measures the memory of the process, and what is available. Belongs to the control loop.
package final class MemoryCheck {
    private let state: RuntimeState
    private var available = AvailableMemory()
    private let process = ProcessMemory()
    /// Nil when no minimum is required.
    private var gate: MemoryGate?

    package init(_ limits: MemoryGate.Limits?, state: RuntimeState) {
        self.state = state
        self.gate = limits.map { MemoryGate($0) }
    }

    /// Measures once, and reports.
    package func run() {
        if let resident = try? process.residentBytes() {
            state.residentBytes.store(resident, ordering: .relaxed)
        }
        let start = MonotonicTime.now()
        let observation = measure()
        let end = MonotonicTime.now()
        state.availableBytes.store(observation.available ?? .max, ordering: .relaxed)
        guard let verdict = gate?.evaluate(observation, at: end) else { return }
        state.board.report(Outcome(verdict), for: .memory, at: end, duration: end - start)
    }

    private func measure() -> MemoryGate.Observation {
        do throws(MemoryError) {
            return MemoryGate.Observation(
                available: try available.sample().availableBytes, pressure: available.pressure)
        } catch {
            return MemoryGate.Observation(reason: error.text)
        }
    }
}
