// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol
import HostMemory
import OpenAIBackend
import StatusBoard
import Testing

@testable import SkillServices

@Suite("What the health names follow from")
struct RuntimeHealthTests {
    private static let checks = [
        RuntimeHealth.Check(.memory, .healthy), .init(.queue, .healthy),
        .init(.maintenance, .healthy),
    ]

    /// A board of these models, and of a model server if there is one.
    private func makeBoard(
        _ models: (required: Bool, outcome: Outcome)..., modelServer: Outcome? = nil,
        checks: [RuntimeHealth.Check] = checks
    ) -> Board {
        var health = RuntimeHealth(models: [])
        health.models = models.enumerated().map { index, model in
            ModelList.Model(
                name: "m\(index)", healthName: "model/m\(index)", isRequired: model.required)
        }
        health.dependencies = modelServer.map { [.init(.modelServer, $0)] } ?? []
        health.checks = checks
        let board = Board(rules: health.rules, outcomes: health.firstOutcomes)
        for (model, state) in zip(health.models, models) {
            board.report(state.outcome, for: model.outcome)
        }
        return board
    }

    private func serving(_ board: Board) -> [String] {
        board.snapshot.verdicts.filter(\.verdict.isServing).map(\.name)
    }

    private func readiness(_ board: Board) -> Verdict? {
        board.snapshot.verdict(of: HealthName.readiness)
    }

    @Test("Nothing is ready before its model is loaded, and each state has its own reason")
    func oneModel() {
        let outcomes: [(Outcome, String)] = [
            (.modelNotLoaded, "the model is not loaded"),
            (.modelLoading, "the model is being loaded"), (.modelFailed("why"), "no model: why"),
            (.healthy, ""),
        ]
        for (outcome, reason) in outcomes {
            let verdict = readiness(makeBoard((true, outcome)))
            #expect(verdict?.outcome.text == reason)
            #expect(verdict?.isServing == (outcome == .healthy))
        }
    }

    @Test("Every required model counts, optional ones only for their own names")
    func severalModels() {
        let all = makeBoard((true, .healthy), (false, .modelFailed("why")), (true, .healthy))
        #expect(
            serving(all) == [
                "", "readiness", "sarai.skills.SkillService", "liveness", "model/m0", "model/m2",
            ])
        let one = makeBoard((true, .healthy), (true, .modelFailed("why")))
        #expect(readiness(one)?.outcome.text == "m1: no model: why")
        #expect(
            one.snapshot.verdict(of: "model/m1")?.outcome.text == "no model: why")
        #expect(serving(one) == ["liveness", "model/m0"])
        #expect(readiness(makeBoard((false, .modelNotLoaded)))?.isServing == true)
    }

    @Test("A stall fails all but startup, whatever else is true")
    func stall() {
        let board = makeBoard((true, .healthy))
        board.report([.startup: .healthy, .progress: .stalled("loop 0 is blocked")])
        #expect(readiness(board)?.outcome.text == "loop 0 is blocked")
        #expect(serving(board) == ["startup"])
    }

    @Test("A model server that cannot serve takes the names of its models with it")
    func modelServer() {
        let board = makeBoard(
            (true, .healthy), (false, .modelNotLoaded), modelServer: Outcome(nil))
        for outcome in [Outcome(nil), Outcome(.loading)] {
            board.report(outcome, for: .modelServer)
            #expect(serving(board) == ["liveness"])
            let models = ["model/m0", "model/m1"].map { board.snapshot.verdict(of: $0)?.outcome }
            #expect(models == [outcome, .modelNotLoaded])
        }
        board.report(Outcome(.ready), for: .modelServer)
        #expect(serving(board).last == "model/m0")
    }

    @Test("Maintenance and memory leave liveness and the models' own names alone")
    func readinessOnly() {
        let board = makeBoard((true, .healthy))
        board.report(.inMaintenance, for: .maintenance)
        #expect(serving(board) == ["liveness", "model/m0"])
        board.report(
            [
                .maintenance: .healthy,
                .memory: Outcome(.low(available: 1 << 20, required: 2 << 20)),
            ])
        #expect(
            readiness(board)?.outcome.text == "low memory: 1 MiB available, 2 MiB required")
        #expect(serving(board) == ["liveness", "model/m0"])
    }

    @Test("A drill of readiness leaves liveness alone, one of liveness fails all but startup")
    func drills() {
        let board = makeBoard(
            (true, .healthy), checks: Self.checks + [.init(.drill, .healthy)])
        board.report([.startup: .healthy, .drill: .drill("for 1m0s")])
        #expect(readiness(board)?.outcome.text == "a drill that an operator asked for: for 1m0s")
        #expect(serving(board) == ["liveness", "startup", "model/m0"])
        board.report([.drill: .healthy, .livenessDrill: .drill("for 1s")])
        #expect(serving(board) == ["startup"])
        #expect(!board.snapshot.evaluate(RuntimeHealth(models: []).aliveInAnyPhase).isServing)
        // A real cause is more important; a drain is none for a restart.
        board.report([.livenessDrill: .healthy, .drill: .drill(""), .draining: .draining])
        #expect(readiness(board)?.outcome == .draining)
        #expect(board.snapshot.evaluate(RuntimeHealth(models: []).aliveInAnyPhase).isServing)
        board.report([.draining: .healthy, .maintenance: .inMaintenance])
        #expect(readiness(board)?.outcome == .inMaintenance)
    }

    @Test("Each reason has its code, and a name's reason is that of its own status")
    func codes() {
        func code(_ name: OutcomeName, _ outcome: Outcome) -> HealthReason? {
            let board = makeBoard((true, .healthy), modelServer: .healthy)
            board.report(outcome, for: name)
            return readiness(board)?.outcome.code
        }
        #expect(code(.memory, .healthy) == nil)
        #expect(code(.model("m0"), .modelLoading) == .loading)
        #expect(code(.model("m0"), .modelFailed("")) == .dependency)
        #expect(code(.modelServer, Outcome(.loading)) == .loading)
        #expect(code(.modelServer, Outcome(.unreachable(reason: ""))) == .dependency)
        #expect(code(.memory, Outcome(.low(available: 0, required: 1))) == .lowMemory)
        #expect(code(.queue, .queueLong(limit: 1)) == .queue)
        #expect(code(.maintenance, .inMaintenance) == .maintenance)
        #expect(code(.progress, .stalled("")) == .stalled)
        #expect(code(.draining, .draining) == .draining)
        #expect(code(.livenessDrill, .drill("")) == .drill)

        let board = makeBoard((true, .healthy))
        board.report(.inMaintenance, for: .maintenance)
        let reasons = board.snapshot.verdicts.map {
            "\($0.name)=\($0.verdict.outcome.code?.rawValue ?? "")"
        }
        #expect(
            reasons == [
                "=maintenance", "readiness=maintenance", "sarai.skills.SkillService=maintenance",
                "liveness=", "startup=loading", "model/m0=",
            ])
    }

    @Test("A drain decides for every name, whatever else is true")
    func draining() {
        let board = makeBoard((true, .modelNotLoaded))
        board.report([.startup: .healthy, .progress: .stalled("x"), .draining: .draining])
        #expect(board.snapshot.verdicts.allSatisfy { $0.verdict.outcome == .draining })
    }

    @Test("Readiness needs a check that the runtime does not know, when it is in the list")
    func newCheck() {
        let board = makeBoard((true, .healthy), checks: Self.checks + [.init("database")])
        #expect(readiness(board)?.outcome == .unknown)
        board.report(.healthy, for: "database")
        #expect(serving(board).contains("readiness"))
        board.report(
            Outcome(.unhealthy, .dependency, reason: "database: refused"), for: "database")
        #expect(readiness(board)?.decidedBy == "database")
        #expect(readiness(board)?.outcome.text == "database: refused")
        #expect(serving(board) == ["liveness", "model/m0"])
    }
}
