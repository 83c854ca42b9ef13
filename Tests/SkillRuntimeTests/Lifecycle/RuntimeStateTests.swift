// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import GRPCHealth
import Logging
import Models
import Synchronization
import SystemIO
import TestSupport
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
        #expect(state.current.file(0) === model)
        state.update { $0.conditions.memory = .unknown(reason: "x") }
        #expect(reporter.status(of: "readiness") == .notServing)
        state.update { $0.conditions.memory = .sufficient }
        #expect(reporter.status(of: "readiness") == .serving)
        state.update { $0.drop(0, .failed(reason: "x")) }
        #expect(reporter.status(of: "") == .notServing && state.current.file(0) == nil)
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

    @Test("Another reason for NOT_SERVING is told, once a second at most, and the latest always")
    func otherReason() {
        let lines = Lines()
        let state = RuntimeState(startTime: .now(), logger: Logger(label: "test") { _ in lines })
        let start = MonotonicTime.now()
        func fail(_ reason: String, after delay: Duration) {
            state.update(at: start + delay) {
                $0.phase = .running
                $0.conditions.models[0].state = .failed(reason: reason)
            }
        }
        fail("refused", after: .zero)
        fail("refused", after: .seconds(5))
        #expect(lines.reasons == ["no model: refused"])
        fail("503", after: .seconds(6))
        fail("401", after: .milliseconds(6_500))
        fail("404", after: .milliseconds(6_900))
        #expect(lines.reasons == ["no model: refused", "no model: 503"])
        // What the runtime does every second.
        state.update(at: start + .seconds(7)) { _ in }
        state.update(at: start + .seconds(8)) { _ in }
        #expect(lines.reasons == ["no model: refused", "no model: 503", "no model: 404"])
        #expect(lines.messages == ["not serving", "still not serving", "still not serving"])
    }

    @Test("Other numbers of the same reason are not told")
    func otherFigures() {
        let lines = Lines()
        let state = RuntimeState(startTime: .now(), logger: Logger(label: "test") { _ in lines })
        let start = MonotonicTime.now()
        for second: UInt64 in 0..<5 {
            state.update(at: start + .seconds(Int64(second))) {
                $0.phase = .running
                $0.conditions.models[0].state = .loaded
                $0.conditions.memory = .low(available: (20 - second) << 20, required: 100 << 20)
            }
        }
        #expect(lines.reasons == ["low memory: 20 MiB available, 100 MiB required"])
    }

    @Test("What causes a turn is told before it")
    func causeFirst() {
        let lines = Lines()
        let state = RuntimeState(startTime: .now(), logger: Logger(label: "test") { _ in lines })
        state.update {
            $0.phase = .running
            $0.conditions.models[0].state = .loaded
            $0.tell(.info, "model loaded")
        }
        state.update {
            $0.conditions.isInMaintenance = true
            $0.tell(.notice, "maintenance")
        }
        #expect(lines.messages == ["model loaded", "serving", "maintenance", "not serving"])
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
        let said = lines.messages
        #expect(said.count == 2001)
        #expect(zip(said, said.dropFirst()).allSatisfy { $0 != $1 })
        #expect(said.last == "serving")
    }

    /// A log that is looked at.
    private final class Lines: LogHandler, Sendable {
        private let said = Mutex<[(message: String, reason: String?)]>([])
        var messages: [String] { said.withLock { $0.map(\.message) } }
        var reasons: [String] { said.withLock { $0.compactMap(\.reason) } }
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

        func log(event: LogEvent) {
            let reason = event.metadata?["reason"].map { "\($0)" }
            said.withLock { $0.append(("\(event.message)", reason)) }
        }
    }
}
