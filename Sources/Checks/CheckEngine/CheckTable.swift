// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import StatusBoard
package import SystemIO

/// The checks of a process: when each one runs, and what its results come to. Pure: time and results come in, actions go out.
///
/// ```
///   advance(to:) --> .begin(run) --> driver --> finished(run) --> .changed(check)
///                --> .cancel(run) -> driver lets go --> finished(run)
/// ```
package final class CheckTable {
    /// A check with what is known of it.
    package typealias Check = (definition: CheckDefinition, state: CheckState)

    /// One run of one check.
    package struct Run: Hashable, Sendable {
        let check: SlotKey
        let number: UInt64
    }

    /// What the owner has to do, in this order.
    package enum Action: Equatable, Sendable {
        /// Run the check; it has to be over after `timeout`.
        case begin(Run, name: String, timeout: Duration)
        /// Give the run up, and say ``finished(_:_:at:)`` when nothing of it is left.
        case cancel(Run, name: String)
        /// The verdict of this check is another one.
        case changed(name: String)
    }

    /// A class: as values, entries that were copied out of the table and back were a third of what a check over TCP cost here.
    final class Entry {
        let definition: CheckDefinition
        var schedule: CheckSchedule
        var filter: ResultFilter
        var state: CheckState
        /// A run was asked for: also a better result has a quick second look.
        var isHurried = false
        /// Its run is one of ``runningCount``.
        var isCounted = false
        /// Checks that need this one.
        var dependents: [SlotKey] = []
        let needs: [SlotKey]

        init(
            _ definition: CheckDefinition, firstRun: MonotonicTime, _ state: CheckState,
            needs: [SlotKey]
        ) {
            self.definition = definition
            schedule = CheckSchedule(firstRun: firstRun)
            filter = ResultFilter(fall: definition.timing.fall, rise: definition.timing.rise)
            self.state = state
            self.needs = needs
        }
    }

    /// First runs spread over this time, or over the interval when that is shorter.
    static let firstSpread = Duration.milliseconds(500)

    var entries = SlotMap<Entry>()
    var keys: [String: SlotKey] = [:]
    private var queue = WakeQueue()
    private var clock = AwakeClock()
    /// When it was called last, on its clock.
    private var latestTime = MonotonicTime.distantFuture
    /// Checks whose run goes on.
    private var runningCount = 0
    private var random: RandomSource

    /// A table without checks. Its jitter follows from `seed`.
    package init(seed: UInt64) { random = RandomSource(seed: seed) }

    /// How many checks there are.
    package var count: Int { entries.count }

    /// When ``advance(to:)`` has something to do; `distantFuture` when it has not.
    package var nextWake: MonotonicTime { clock.moment(of: nextTime) }

    /// The same on its clock. While a run goes on, a stop of the process has to be noticed before the run's time is over.
    private var nextTime: MonotonicTime {
        runningCount > 0 ? min(queue.next, latestTime + AwakeClock.pulse) : queue.next
    }

    /// The time at `now`, of a clock that stands still while the process does.
    package func awakeTime(at now: MonotonicTime) -> MonotonicTime {
        min(clock.time(at: now), max(nextTime + AwakeClock.slack, latestTime))
    }

    /// What is known of a check; nil when there is none of that name.
    package func state(of name: String) -> CheckState? { keys[name].flatMap { entries[$0]?.state } }

    /// A check with what is known of it; nil when there is none of that name.
    package func check(_ name: String) -> Check? {
        keys[name].flatMap { entries[$0] }.map { (definition: $0.definition, state: $0.state) }
    }

    /// How a check was configured; nil when there is none of that name.
    package func definition(of name: String) -> CheckDefinition? {
        keys[name].flatMap { entries[$0]?.definition }
    }

    /// The check of a run; nil when it was taken out.
    package func name(of run: Run) -> String? { entries[run.check]?.definition.name }

    /// Every check with what is known of it, by name.
    package var checks: [Check] { keys.keys.sorted().compactMap { check($0) } }

    // MARK: Checks come and go

    /// Adds a check, whose first run is soon. Throws when its name is taken, or it needs one that is not there: so there is
    /// no circle of needs.
    package func add(
        _ definition: CheckDefinition, at now: MonotonicTime
    ) throws(CheckTableError) {
        guard keys[definition.name] == nil else { throw .nameTaken(definition.name) }
        var needs: [SlotKey] = []
        for need in definition.needs {
            guard let key = keys[need] else { throw .needsUnknown(definition.name, need) }
            needs.append(key)
        }
        let time = clock.time(at: now)
        let spread = min(Self.firstSpread, definition.timing.interval)
        let first = time + spread.scaled(by: random.nextFraction())
        let key = entries.insert(
            Entry(
                definition, firstRun: first,
                CheckState(since: time, nextRun: clock.moment(of: first)), needs: needs))
        keys[definition.name] = key
        for need in needs { entries[slot: need.slot]?.dependents.append(key) }
        queue.set(key.slot, to: first)
    }

    /// Takes a check out. Its run, if it has one, is to be cancelled. Throws when others need it.
    package func remove(
        _ name: String, at now: MonotonicTime
    ) throws(CheckTableError) -> [Action] {
        guard let key = keys[name], let entry = entries[key] else { return [] }
        if let dependent = entry.dependents.first, let other = entries[dependent] {
            throw .needed(name, by: other.definition.name)
        }
        for need in entry.needs { entries[slot: need.slot]?.dependents.removeAll { $0 == key } }
        keys[name] = nil
        entries.remove(key)
        queue.remove(key.slot)
        switch entry.schedule.phase {
        case .waiting: return []
        case .running(let number, _, _), .stopping(let number, _):
            if entry.isCounted { runningCount -= 1 }
            return [.cancel(Run(check: key, number: number), name: name)]
        }
    }

    // MARK: Events

    /// Takes the steps that are due.
    package func advance(to now: MonotonicTime) -> [Action] {
        var actions: [Action] = []
        let time = catchUp(now)
        while let slot = queue.due(at: time), let entry = entries[slot: slot],
            let key = entries.key(slot: slot)
        {
            let interval =
                entry.definition.timing.interval.scaled(
                    by: 1 - CheckTiming.jitter * random.nextFraction())
            step(entry, key, interval, time, &actions)
            settle(entry, key, time, &actions)
        }
        return actions
    }

    /// A run is over, with its result; nil when it was given up, or found nothing out.
    package func finished(
        _ run: Run, _ result: CheckResult?, at now: MonotonicTime
    ) -> [Action] {
        var actions: [Action] = []
        let time = catchUp(now)
        guard let entry = entries[run.check] else { return [] }
        guard let duration = entry.schedule.finished(run.number, at: time) else {
            settle(entry, run.check, time, &actions)
            return actions
        }
        let isBelieved =
            (!entry.schedule.isSuspect || result?.state == .healthy) && rootCause(of: entry) == nil
        if var result, isBelieved, result.state != .unknown {
            result.duration = duration
            take(result, entry, time)
        } else {
            entry.state.voidRuns += 1
            // What a check does not know now it will not know in a moment.
            let isItsOwn = isBelieved && result?.state == .unknown
            if !isItsOwn { entry.schedule.hasten(to: time + entry.definition.timing.confirmGap) }
        }
        entry.schedule.carryOutRequest(at: time, gap: entry.definition.timing.requestGap)
        settle(entry, run.check, time, &actions)
        return actions
    }

    /// Something else than a run has shown that the target works, such as a real request: counts as a run that passed, and the
    /// next run is an interval away.
    package func succeeded(_ name: String, at now: MonotonicTime) -> [Action] {
        var actions: [Action] = []
        let time = catchUp(now)
        guard let key = keys[name], let entry = entries[key] else { return [] }
        take(.healthy, entry, time)
        if entry.schedule.phase == .waiting {
            entry.schedule.postpone(to: time + entry.definition.timing.interval)
        }
        settle(entry, key, time, &actions)
        return actions
    }

    /// The runner of a check has learned something new of its target: the check runs soon, and again until its verdict says so.
    /// However often this is called, runs begin ``CheckTiming/requestGap`` apart.
    package func requestRun(_ name: String, at now: MonotonicTime) -> [Action] {
        var actions: [Action] = []
        let time = catchUp(now)
        guard let key = keys[name], let entry = entries[key] else { return [] }
        entry.isHurried = true
        entry.schedule.request(at: time, gap: entry.definition.timing.requestGap)
        settle(entry, key, time, &actions)
        return actions
    }

    // MARK: Steps

    private func catchUp(_ now: MonotonicTime) -> MonotonicTime {
        let (time, hadGap) = clock.advance(to: now, expected: nextTime)
        latestTime = time
        if hadGap {
            entries.visit { $0.schedule.hadGap() }
        }
        return time
    }

    private func step(
        _ entry: Entry, _ key: SlotKey, _ interval: Duration, _ time: MonotonicTime,
        _ actions: inout [Action]
    ) {
        let name = entry.definition.name
        let timeout = entry.definition.timing.timeout
        if case .blocked = entry.state.verdict, rootCause(of: entry) != nil,
            entry.schedule.phase == .waiting
        {
            return entry.schedule.postpone(to: time + interval)
        }
        let patience = timeout + entry.definition.timing.confirmGap
        switch entry.schedule.advance(
            to: time, timeout: timeout, nextInterval: interval, patience: patience)
        {
        case .nothing: break
        case .begin(let number):
            actions.append(.begin(Run(check: key, number: number), name: name, timeout: timeout))
        case .timeOut(let number):
            if entry.schedule.isSuspect || rootCause(of: entry) != nil {
                entry.state.voidRuns += 1
                entry.schedule.hasten(to: time)
            } else {
                take(.timedOut(after: timeout), entry, time)
            }
            actions.append(.cancel(Run(check: key, number: number), name: name))
        case .stillStopping where rootCause(of: entry) != nil: break
        case .stillStopping:
            take(.timedOut(after: timeout), entry, time)
        }
    }

    private func take(_ result: CheckResult, _ entry: Entry, _ time: MonotonicTime) {
        entry.state.take(result, at: time)
        _ = entry.filter.observe(result.state)
        guard entry.filter.contradictions > 0 else {
            entry.isHurried = false
            return
        }
        if entry.isHurried || result.state > entry.filter.state ?? .healthy {
            entry.schedule.hasten(to: time + entry.definition.timing.confirmGap)
        }
    }

    /// Draws the conclusions from what an entry is now: its verdict, that of those that need it, and when it is next due.
    private func settle(
        _ entry: Entry, _ key: SlotKey, _ time: MonotonicTime, _ actions: inout [Action]
    ) {
        let hasChanged = entry.state.become(verdict(of: entry, at: time), at: time)
        if case .blocked = entry.state.verdict, hasChanged {
            // What it said before its need went down is no longer worth anything.
            entry.filter.reset()
        }
        entry.state.contradictions = entry.filter.contradictions
        entry.state.nextRun = clock.moment(of: entry.schedule.due)
        if entry.schedule.isRunning != entry.isCounted {
            entry.isCounted.toggle()
            runningCount += entry.isCounted ? 1 : -1
        }
        queue.set(key.slot, to: min(entry.schedule.wake, entry.staleTime))
        guard hasChanged else { return }
        actions.append(.changed(name: entry.definition.name))
        for dependent in entry.dependents {
            guard let other = entries[dependent] else { continue }
            if !entry.state.verdict.isDown { other.schedule.hasten(to: time) }
            settle(other, dependent, time, &actions)
        }
    }

    private func verdict(of entry: Entry, at time: MonotonicTime) -> CheckState.Verdict {
        if let root = rootCause(of: entry) { return .blocked(by: root) }
        // Without a result that counts it is what it was: starting, or blocked a moment ago.
        guard let state = entry.filter.state else { return entry.state.verdict }
        return entry.isStale(at: time) ? .stale : .known(state)
    }

    /// The check at the beginning of the chain of those that are down and that this one needs; nil when none is.
    private func rootCause(of entry: Entry) -> String? {
        for need in entry.needs {
            guard let other = entries[need], !other.definition.isDry, other.state.verdict.isDown
            else { continue }
            if case .blocked(let root) = other.state.verdict { return root }
            return other.definition.name
        }
        return nil
    }
}

extension CheckTable.Entry {
    /// When its latest result becomes stale; never before the first one, or when it is stale already.
    var staleTime: MonotonicTime {
        guard let latest = state.latestTime, state.verdict != .stale else { return .distantFuture }
        if case .blocked = state.verdict { return .distantFuture }
        return latest + definition.timing.staleAfter
    }

    func isStale(at time: MonotonicTime) -> Bool {
        state.latestTime.map { time >= $0 + definition.timing.staleAfter } ?? false
    }
}
