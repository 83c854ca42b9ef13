// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import SystemIO
import TestSupport

@testable import CheckEngine

/// A table of checks whose targets answer as they are told, on a clock of its own.
struct Simulation {
    /// How a target answers a run.
    enum Behaviour: Equatable {
        case answers(Outcome.State, after: Duration)
        /// Nothing comes before the run's time is over; the driver lets go at once.
        case hangs
        /// Nothing comes, and the driver needs this long to let go.
        case clings(Duration)
    }

    private struct Event {
        var time: MonotonicTime
        let run: CheckTable.Run
        let result: CheckResult?
    }

    let table: CheckTable
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    var behaviours: [String: Behaviour] = [:]
    /// When each run began, by check.
    private(set) var begins: [String: [MonotonicTime]] = [:]
    /// Each change of a verdict.
    private(set) var changes: [(name: String, verdict: CheckState.Verdict, time: MonotonicTime)] =
        []
    /// Runs that began while another one of their check was under way.
    private(set) var overlaps = 0
    private var underWay: [String: CheckTable.Run] = [:]
    private var events: [Event] = []

    init(seed: UInt64 = 1) { table = CheckTable(seed: seed) }

    mutating func add(_ definition: CheckDefinition, _ behaviour: Behaviour) throws {
        behaviours[definition.name] = behaviour
        try table.add(definition, at: now)
    }

    func verdict(_ name: String) -> CheckState.Verdict? { table.state(of: name)?.verdict }

    /// Lets `duration` pass, as on an event loop that is never late.
    mutating func run(_ duration: Duration) {
        let end = now + duration
        while true {
            let event = events.indices.min { events[$0].time < events[$1].time }
            let next = min(table.nextWake, event.map { events[$0].time } ?? .distantFuture)
            guard next <= end else { break }
            now = max(now, next)
            if let event, events[event].time <= now {
                let event = events.remove(at: event)
                underWay = underWay.filter { $0.value != event.run }
                perform(table.finished(event.run, event.result, at: now))
            } else {
                perform(table.advance(to: now))
            }
        }
        now = end
    }

    /// Lets time pass in which the process does not run. Where it has a part in each answer, answers come so much later.
    mutating func freeze(_ duration: Duration, delayingAnswers: Bool = false) {
        now = now + duration
        guard delayingAnswers else { return }
        for index in events.indices { events[index].time = events[index].time + duration }
    }

    /// The runner of a check asks for a run.
    mutating func requestRun(_ name: String) { perform(table.requestRun(name, at: now)) }

    mutating func perform(_ actions: [CheckTable.Action]) {
        for action in actions {
            switch action {
            case .begin(let run, let name, _): begin(run, name)
            case .cancel(let run, let name): cancel(run, name)
            case .changed(let name):
                if let verdict = verdict(name) { changes.append((name, verdict, now)) }
            }
        }
    }

    private mutating func begin(_ run: CheckTable.Run, _ name: String) {
        if underWay[name] != nil { overlaps += 1 }
        underWay[name] = run
        begins[name, default: []].append(now)
        guard case .answers(let state, let delay) = behaviours[name] else { return }
        let cause = state == .healthy ? "" : "refused"
        events.append(Event(time: now + delay, run: run, result: CheckResult(state, cause)))
    }

    private mutating func cancel(_ run: CheckTable.Run, _ name: String) {
        var delay = Duration.zero
        if case .clings(let time) = behaviours[name] { delay = time }
        events.removeAll { $0.run == run }
        events.append(Event(time: now + delay, run: run, result: nil))
    }
}

extension MonotonicTime {
    static func - (time: Self, duration: Duration) -> MonotonicTime { time + (.zero - duration) }
}
