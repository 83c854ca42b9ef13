// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import Testing

@testable import SkillRuntime

@Suite("What follows from the conditions")
struct ConditionsTests {
    private func conditions(
        _ models: (required: Bool, state: Conditions.Model.State)...
    ) -> Conditions {
        var conditions = Conditions()
        conditions.models = models.enumerated().map { index, model in
            Conditions.Model(
                name: "m\(index)", healthName: "model/m\(index)", isRequired: model.required,
                state: model.state)
        }
        return conditions
    }

    private func serving(_ conditions: Conditions) -> [String] {
        conditions.statuses.filter { $0.status == .serving }.map(\.name)
    }

    @Test("Nothing is ready before its model is loaded, and each state has its own reason")
    func oneModel() {
        let states: [(Conditions.Model.State, String?)] = [
            (.unloaded, "the model is not loaded"), (.loading, "the model is being loaded"),
            (.failed(reason: "why"), "no model: why"), (.loaded, nil),
        ]
        for (state, obstacle) in states {
            let conditions = conditions((true, state))
            #expect(conditions.obstacle?.text == obstacle)
            #expect(conditions.isReady == (state == .loaded))
        }
    }

    @Test("Every required model counts, optional ones only for their own names")
    func severalModels() {
        let all = conditions((true, .loaded), (false, .failed(reason: "why")), (true, .loaded))
        #expect(
            serving(all) == [
                "", "readiness", "sarai.skills.SkillService", "liveness", "model/m0", "model/m2",
            ])
        let one = conditions((true, .loaded), (true, .failed(reason: "why")))
        #expect(one.obstacle?.text == "m1: no model: why")
        #expect(serving(one) == ["liveness", "model/m0"])
        #expect(conditions((false, .unloaded)).isReady)
    }

    @Test("A standstill fails all but startup, whatever else is true")
    func standstill() {
        var conditions = conditions((true, .loaded))
        conditions.hasStarted = true
        conditions.standstill = "loop 0 takes no turns"
        #expect(conditions.obstacle?.text == "loop 0 takes no turns")
        #expect(serving(conditions) == ["startup"])
    }

    @Test("A model server that cannot serve takes the names of its models with it")
    func upstream() {
        var conditions = conditions((true, .loaded), (false, .unloaded))
        for upstream: Conditions.Upstream in [.unknown, .answered(.loading)] {
            conditions.upstream = upstream
            #expect(serving(conditions) == ["liveness"])
            #expect(conditions.obstacle(of: conditions.models[0]) == conditions.obstacle)
            #expect(
                conditions.obstacle(of: conditions.models[1])?.text == "the model is not loaded")
        }
        conditions.upstream = .answered(.ready)
        #expect(serving(conditions).last == "model/m0")
    }

    @Test("Maintenance and memory leave liveness and the models' own names alone")
    func readinessOnly() {
        var conditions = conditions((true, .loaded))
        conditions.isInMaintenance = true
        #expect(serving(conditions) == ["liveness", "model/m0"])
        conditions.isInMaintenance = false
        conditions.memory = .low(available: 1 << 20, required: 2 << 20)
        #expect(conditions.obstacle?.text == "low memory: 1 MiB available, 2 MiB required")
        #expect(serving(conditions) == ["liveness", "model/m0"])
    }

    @Test("Each reason has its code, and a name's reason is that of its own status")
    func codes() {
        func code(_ change: (inout Conditions) -> Void) -> HealthReason? {
            var conditions = self.conditions((true, .loaded))
            conditions.hasStarted = true
            change(&conditions)
            return conditions.obstacle?.code
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.models[0].state = .loading } == .loading)
        #expect(code { $0.models[0].state = .failed(reason: "") } == .dependency)
        #expect(code { $0.upstream = .answered(.loading) } == .loading)
        #expect(code { $0.upstream = .answered(.unreachable(reason: "")) } == .dependency)
        #expect(code { $0.memory = .low(available: 0, required: 1) } == .lowMemory)
        #expect(code { $0.queue = .long(limit: 1) } == .queue)
        #expect(code { $0.isInMaintenance = true } == .maintenance)
        #expect(code { $0.standstill = "" } == .stalled)

        var conditions = conditions((true, .loaded))
        conditions.isInMaintenance = true
        let reasons = conditions.obstacles.map { "\($0.name)=\($0.obstacle?.code.rawValue ?? "")" }
        #expect(
            reasons == [
                "=maintenance", "readiness=maintenance", "sarai.skills.SkillService=maintenance",
                "liveness=", "startup=loading", "model/m0=",
            ])
    }
}
