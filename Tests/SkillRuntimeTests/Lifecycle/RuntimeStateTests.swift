// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import Logging
import Synchronization
import SystemIO
import Testing

@testable import SkillRuntime

@Suite("The runtime's state")
struct RuntimeStateTests {
    private let reporter = HealthReporter()
    private let state: RuntimeState

    init() { state = RuntimeState(startTime: .now(), reporter: reporter) }

    @Test("A change is told in the same step, and ready is ready only when all of it is true")
    func told() throws {
        #expect(reporter.status(of: "") == .notServing)
        #expect(reporter.status(of: "liveness") == .serving)
        let folder = try TemporaryFolder()
        let model = try ModelFile(opening: folder.write(DemoModel.bytes, to: "m.gguf"))
        state.update { $0.use(model) }
        #expect(reporter.status(of: "") == .serving)
        #expect(state.current.model === model)
        state.update { $0.conditions.memory = .unknown(reason: "x") }
        #expect(reporter.status(of: "readiness") == .notServing)
        state.update { $0.conditions.memory = .sufficient }
        #expect(reporter.status(of: "readiness") == .serving)
        state.update { $0.drop(0, .failed(reason: "x")) }
        #expect(reporter.status(of: "") == .notServing && state.current.model == nil)
    }

    @Test("What is draining stays NOT_SERVING, whatever comes later")
    func draining() {
        state.update { $0.conditions.models[0].state = .loaded }
        #expect(reporter.status(of: "") == .serving)
        state.update { $0.phase = .draining }
        #expect(reporter.status(of: "liveness") == .notServing)
        state.update { $0.conditions.hasStarted = true }
        for name in ["", "readiness", "liveness", "startup"] {
            #expect(reporter.status(of: name) == .notServing)
        }
    }

    @Test("The cold start is counted once, from the first SERVING")
    func coldStart() {
        state.update { $0.phase = .running }
        #expect(state.current.coldStart == nil)
        state.update { $0.conditions.models[0].state = .loaded }
        let first = state.current.coldStart
        #expect(first != nil)
        state.update { $0.conditions.isInMaintenance = true }
        state.update { $0.conditions.isInMaintenance = false }
        #expect(state.current.coldStart == first)
    }

    @Test("Many threads at once never leave the reporter with another verdict than the state")
    func threads() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        state.update {
                            $0.conditions.models[0].state = round % 2 == 0 ? .loaded : .unloaded
                        }
                        state.update { $0.conditions.isInMaintenance.toggle() }
                    }
                }
            }
        }
        state.update {
            $0.conditions.models[0].state = .loaded
            $0.conditions.isInMaintenance.toggle()
        }
        #expect(state.current.conditions.isInMaintenance)
        #expect(reporter.status(of: "") == .notServing)
        state.update { $0.conditions.isInMaintenance.toggle() }
        #expect(reporter.status(of: "") == .serving)
    }

    @Test("The log has the turns in their order, whoever made them")
    func log() async {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in lines }
        let state = RuntimeState(startTime: .now(), logger: logger)
        state.update {
            $0.phase = .running
            $0.conditions.models[0].state = .loaded
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 { state.update { $0.conditions.isInMaintenance.toggle() } }
                }
            }
        }
        let said = lines.said.withLock { $0 }
        #expect(said.count == 2001)
        #expect(zip(said, said.dropFirst()).allSatisfy { $0 != $1 })
        #expect(said.last == "serving")
    }

    /// A log that is looked at.
    private final class Lines: LogHandler, Sendable {
        let said = Mutex<[String]>([])
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) { said.withLock { $0.append("\(event.message)") } }
    }
}
