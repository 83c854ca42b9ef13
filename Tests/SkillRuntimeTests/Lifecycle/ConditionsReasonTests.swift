// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import Testing

@testable import SkillRuntime

@Suite struct ConditionsReasonTests {
    private func reason(
        _ name: String = "readiness", _ change: (inout Conditions) -> Void
    ) -> HealthReason? {
        var conditions = Conditions()
        conditions.models = [Conditions.Model(name: "m", healthName: "model/m", state: .loaded)]
        conditions.hasStarted = true
        change(&conditions)
        return conditions.verdicts.first { $0.name == name }?.reason
    }

    @Test("Each condition that ends readiness has its word, and SERVING has none")
    func words() {
        #expect(reason { _ in } == nil)
        #expect(reason { $0.standstill = "a loop" } == .stalled)
        #expect(reason { $0.models[0].state = .loading } == .loading)
        #expect(reason { $0.models[0].state = .failed(reason: "/a/path") } == .dependency)
        #expect(reason { $0.upstream = .unknown } == .loading)
        #expect(reason { $0.upstream = .answered(.unreachable(reason: "key")) } == .dependency)
        #expect(reason { $0.memory = .low(available: 1, required: 2) } == .lowMemory)
        #expect(reason { $0.queue = .long(limit: 3) } == .queue)
        #expect(reason { $0.isInMaintenance = true } == .maintenance)
    }

    @Test("Each name has the reason that is its own")
    func names() {
        #expect(reason("liveness") { $0.standstill = "a loop" } == .stalled)
        #expect(reason("liveness") { $0.isInMaintenance = true } == nil)
        #expect(reason("startup") { $0.hasStarted = false } == .loading)
        #expect(reason("model/m") { $0.models[0].state = .unloaded } == .dependency)
        #expect(reason("model/m") { $0.isInMaintenance = true } == nil)
    }
}
