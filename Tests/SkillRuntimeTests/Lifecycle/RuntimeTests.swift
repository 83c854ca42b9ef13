// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GGUF
import SkillServices
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import SkillRuntime

@Suite("A runtime")
struct RuntimeTests {
    /// What another thread may have of a runtime.
    private struct Handle: Sendable {
        let state: RuntimeState
        let send: @Sendable (Runtime.Command) -> Void
        let control: EventLoop
    }

    /// A runtime on a control loop of its own.
    private func start(_ options: RuntimeOptions, on group: EventLoopGroup) throws -> Handle {
        let control = try EventLoopGroup(count: 1).loops[0]
        let started = Mailbox<Handle?>()
        control.post {
            do {
                let runtime = try Runtime(
                    options, control: control, startTime: .now(), logger: .silent)
                try runtime.start(on: group, at: SocketAddress(numeric: "127.0.0.1", port: 0)!)
                let bound = LoopBound(runtime, on: control)
                let send: @Sendable (Runtime.Command) -> Void = { command in
                    bound.loop.post { bound.value.carryOut(command) }
                }
                started.put(Handle(state: runtime.state, send: send, control: control))
            } catch {
                started.put(nil)
            }
        }
        return try #require(started.next() ?? nil)
    }

    @Test("Commands come from any thread, and lead from starting to stopped")
    func commands() throws {
        let folder = try TemporaryFolder()
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        var options = RuntimeOptions()
        options.models.skill = "demo"
        options.models.path = try folder.write(DemoModel.bytes, to: "demo.gguf")
        options.memory.minAvailable = 0
        options.drain.grace = .zero
        let runtime = try start(options, on: group)
        let state = runtime.state
        try wait("it is ready") { state.obstacle == nil }

        runtime.send(.toggleMaintenance)
        try wait("maintenance") { state.obstacle == "in maintenance" }
        runtime.send(.toggleMaintenance)
        try wait("no maintenance") { state.obstacle == nil }
        runtime.send(.reloadModels)
        try wait("a reload") { state.models[0].reloads.count == 1 }

        runtime.send(.drill(Drill(target: .liveness, duration: .seconds(60))))
        try wait("a drill") {
            state.obstacle == "a drill that an operator asked for: for 1m0s"
                && state.board.snapshot.verdict(of: "liveness")?.isServing == false
        }
        runtime.send(.endDrills)
        try wait("no drill") { state.obstacle == nil }
        runtime.send(.drill(Drill(target: .readiness, duration: .milliseconds(1))))
        runtime.send(.setMaintenance(true))
        try wait("a drill that has ended by itself") { state.obstacle == "in maintenance" }
        runtime.send(.setMaintenance(true))
        runtime.send(.setMaintenance(false))
        try wait("no maintenance") { state.obstacle == nil }

        runtime.send(.terminate)
        try wait("the end") { state.board.snapshot.outcome(of: .draining) == .stopped }
    }
}

extension RuntimeState {
    /// What keeps the runtime from being ready, for a person; nil when nothing does.
    fileprivate var obstacle: String? {
        guard let verdict = board.snapshot.verdict(of: HealthName.readiness), !verdict.isServing
        else { return nil }
        return verdict.outcome.text
    }
}
