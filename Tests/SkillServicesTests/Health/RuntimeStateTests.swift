// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import GRPCHealth
import HealthProtocol
import HostMemory
import Logging
import Models
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

@Suite("The runtime's state")
struct RuntimeStateTests {
    private let reporter = HealthReporter()
    private let state: RuntimeState

    init() { state = RuntimeState(reporter: reporter) }

    @Test("A change is told in the same step, and ready is ready only when all of it is true")
    func told() throws {
        #expect(reporter.status(of: "") == .notServing)
        #expect(reporter.status(of: "liveness") == .serving)
        let folder = try TemporaryFolder()
        let model = try ModelFile(opening: folder.write(DemoModel.bytes, to: "m.gguf"))
        state.handle([.loaded(0, model)])
        #expect(reporter.status(of: "") == .serving)
        #expect(state.models[0].file === model)
        state.board.report(Outcome(.unknown(reason: "x")), for: .memory)
        #expect(reporter.status(of: "readiness") == .notServing)
        state.board.report(.healthy, for: .memory)
        #expect(reporter.status(of: "readiness") == .serving)
        state.handle([.unloaded(0)])
        #expect(reporter.status(of: "") == .notServing && state.models[0].file == nil)
    }

    @Test("What is draining stays NOT_SERVING, whatever comes later")
    func draining() {
        state.board.report(.healthy, for: .model("m0"))
        #expect(reporter.status(of: "") == .serving)
        #expect(!state.board.snapshot.isDraining)
        state.board.report(.draining, for: .draining)
        #expect(state.board.snapshot.isDraining)
        #expect(reporter.status(of: "liveness") == .notServing)
        state.handle([.complete])
        for name in ["", "readiness", "liveness", "startup"] {
            #expect(reporter.status(of: name) == .notServing)
        }
    }

    @Test("The cold start is counted once, from the first SERVING")
    func coldStart() {
        #expect(state.coldStart.duration == nil)
        state.board.report(.healthy, for: .model("m0"))
        let first = state.coldStart.duration
        #expect(first != nil)
        state.board.report(.inMaintenance, for: .maintenance)
        state.board.report(.healthy, for: .maintenance)
        #expect(state.coldStart.duration == first)
    }

    @Test("Many threads at once never leave the reporter with another verdict than the board")
    func threads() async {
        let board = state.board
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        let isEven = round % 2 == 0
                        board.report(isEven ? .healthy : .modelNotLoaded, for: .model("m0"))
                        board.report(isEven ? .inMaintenance : .healthy, for: .maintenance)
                    }
                }
            }
        }
        let isReady = board.snapshot.verdict(of: "")?.isServing == true
        #expect(reporter.status(of: "") == (isReady ? .serving : .notServing))
        board.report([.model("m0"): .healthy, .maintenance: .inMaintenance])
        #expect(reporter.status(of: "") == .notServing)
        board.report(.healthy, for: .maintenance)
        #expect(reporter.status(of: "") == .serving)
    }

    @Test("What causes a change is logged before it")
    func causeFirst() throws {
        let log = RecordedLog()
        let state = RuntimeState(logger: log.logger)
        let folder = try TemporaryFolder()
        let model = try ModelFile(opening: folder.write(DemoModel.bytes, to: "m.gguf"))
        state.handle([.loaded(0, model), .complete])
        state.handle([.firstLoadEnded])
        state.board.report(.inMaintenance, for: .maintenance) { log.logger.notice("maintenance") }
        #expect(log.messages == ["model loaded", "serving", "maintenance", "not serving"])
    }
}
