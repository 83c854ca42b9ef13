// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import SystemIO
import TestSupport
import Testing

@testable import Supervision

/// What the kernel, checks and people do to a supervisor, by chance; and what must hold whatever they do.
private struct World {
    private var random: SplitMix64
    private let policy: SupervisionPolicy
    private var state: SupervisorState
    private var now = MonotonicTime(nanoseconds: 1)
    private var nextProcess: CInt = 100
    /// The command that runs; others of its group may be left when it has ended.
    private var process: CInt?
    private var group: CInt?
    private var isKilled = false
    private var starts: [MonotonicTime] = []
    private var untold: LastWords?
    private var events: [SupervisionEvent] = []
    private(set) var exitCode: CInt?
    private(set) var problems: [String] = []

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var policy = SupervisionPolicy()
        policy.restart = RestartPolicy.allCases.randomElement(using: &random)!
        policy.exitsOnUnhealthy = Int.random(in: 0..<5, using: &random) == 0
        policy.waitsForAll = Int.random(in: 0..<3, using: &random) == 0
        policy.signalsGroup = Bool.random(using: &random)
        policy.budget.count = Int.random(in: 0...5, using: &random)
        let terminals = [TerminalRole.none, .job, .alone]
        state = SupervisorState(policy, terminal: terminals.randomElement(using: &random)!)
        self.policy = policy
        self.random = random
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    /// Some chance events, then a request to end and all the time in the world.
    mutating func live() {
        carryOut(state.start())
        for _ in 0..<Int.random(in: 0..<40, using: &random) where exitCode == nil { step() }
        let asked = now
        tell(.signalled(SIGTERM))
        for _ in 0..<100 where exitCode == nil { endOrWait() }
        let longest = policy.stopTimeout + SupervisorState.killTime
        if exitCode == nil { problems.append("it does not end") }
        if now - asked > longest { problems.append("it ends after \(now - asked)") }
        if untold != nil { problems.append("last words are lost") }
    }

    private mutating func step() {
        now = now + .milliseconds(Int.random(in: 0..<20_000, using: &random))
        if let deadline = state.deadline, deadline <= now { return tell(.deadlineReached) }
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: die()
        case 2: tell(.healthChanged(isHealthy: chance(60)))
        case 3: tell(.signalled(CInt.random(in: 1...31, using: &random)))
        case 4: if process != nil { tell(.suspended(signal: chance(50) ? SIGTSTP : SIGSTOP)) }
        case 5: if process != nil { tell(.resumed) }
        case 6: if process == nil, group != nil { empty() }
        default: if let deadline = state.deadline { wake(at: deadline) }
        }
    }

    private mutating func wake(at deadline: MonotonicTime) {
        now = max(now, deadline)
        tell(.deadlineReached)
    }

    /// Lets what was killed end, most times, and else lets time pass.
    private mutating func endOrWait() {
        if isKilled, chance(80) { return process != nil ? die() : empty() }
        if process == nil, group != nil, chance(30) { return empty() }
        if let deadline = state.deadline { wake(at: deadline) }
    }

    private mutating func empty() {
        group = nil
        tell(.emptied)
    }

    private mutating func die() {
        guard let process else { return }
        self.process = nil
        let end: ProcessEnd =
            isKilled
            ? .killed(signal: 9, dumpedCore: false)
            : .exited(chance(40) ? 0 : Int.random(in: 0..<256, using: &random))
        untold = words(end, of: process)
        tell(.ended(untold!))
    }

    private mutating func tell(_ event: SupervisionEvent) {
        events.append(event)
        while !events.isEmpty, exitCode == nil {
            let jitter = Double.random(in: 0...1, using: &random)
            carryOut(state.receive(events.removeFirst(), at: now, jitter: jitter))
        }
    }

    private mutating func carryOut(_ actions: [SupervisionAction]) {
        for action in actions {
            if exitCode != nil { problems.append("\(action) comes after the exit") }
            switch action {
            case .spawn: spawn()
            case .signal(let signal, let target): receive(signal, target)
            case .awaitOthers(let awaited):
                if awaited != group { problems.append("it waits for a group that is not its own") }
            case .announce(.ended(let told, _)):
                if told != untold { problems.append("it tells of another end") }
                untold = nil
            case .announce, .suspendOurselves, .giveTerminal: break
            case .exit(let code): exitCode = code
            }
        }
    }

    private mutating func spawn() {
        if process != nil { problems.append("a second child") }
        if !starts.isEmpty || nextProcess > 100 {
            starts.append(now)
            let recent = starts.filter { now - $0 < policy.budget.window }
            if recent.count > policy.budget.count { problems.append("more than the budget") }
        }
        let number = nextProcess
        nextProcess += 1
        if number > 100, chance(10) {
            let failure = SystemCallError("exec", .noSuchFile)
            return events.append(
                .spawnFailed(ChildStartError(failure: failure, isProgramAtFault: true)))
        }
        (process, group, isKilled) = (number, number, false)
        events.append(.spawned(number))
    }

    private mutating func receive(_ signal: CInt, _ target: SignalTarget) {
        switch target {
        case .process(let number):
            if number != process { problems.append("a signal for a process that is gone") }
        case .group(let number), .remains(let number):
            if number != nextProcess - 1 { problems.append("a signal for an older group") }
        }
        if signal == SIGKILL { isKilled = true }
    }
}

@Suite("10,000 lives")
struct SimulatedLivesTests {
    @Test(
        "One child at most, no more restarts than the budget, an end after SIGTERM, and no lost words"
    )
    func lives() {
        for seed in UInt64(0)..<10_000 {
            var world = World(seed: seed)
            world.live()
            #expect(world.problems == [], "seed \(seed)")
            if !world.problems.isEmpty { return }
        }
    }
}
