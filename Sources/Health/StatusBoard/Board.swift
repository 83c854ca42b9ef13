// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Synchronization
package import SystemIO

/// The one place that knows how everything is. Producers (memory, models, checks) report outcomes; rules turn them into a
/// verdict for each health name; consumers (gRPC health, log, HTTP) read the same snapshot, so that they cannot disagree.
///
/// From any thread.
///
/// ```
///   producers --report--> outcomes --rules--> verdicts --+--> publisher (in the same step: gRPC health)
///                                                        +--> views (each loop's copy: HTTP)
///                                                        +--> note, observers (in order, without a lock: log)
/// ```
package final class Board: Sendable {
    /// Called with each snapshot that differs from the one before, while the board is locked: it must not wait, and must
    /// not call the board.
    package typealias Publisher = @Sendable (Snapshot) -> Void
    /// Called with a snapshot and the one before it, in their order. It may wait: only later
    /// snapshots wait for it.
    package typealias Observer = @Sendable (_ snapshot: Snapshot, _ earlier: Snapshot) -> Void
    /// What a producer has to say about its report, to the log for example: called after the publisher and before the
    /// observers, in the order of the reports. It may wait, too.
    package typealias Note = @Sendable () -> Void

    /// An outcome that a producer reports; nil withdraws it.
    typealias Report = (key: OutcomeName, value: Outcome?)

    /// What observers have not been told yet.
    private struct Delivery {
        var note: Note?
        var change: (snapshot: Snapshot, earlier: Snapshot)?
    }

    private struct State {
        var rules: [(name: String, rule: VerdictRule)] {
            didSet { ruled = Self.outcomes(of: rules) }
        }
        /// The outcomes that some rule depends on. Of 10,000 names that mirror those of a reporter three are: to evaluate the
        /// rules after each change was a third of what it cost.
        private(set) var ruled: Set<OutcomeName>
        var snapshot: Snapshot
        var feeds: [BoardView.Feed] = []
        var measurements: [OutcomeName: Measurements] = [:]
        /// Some thread is calling the observers.
        var isDelivering = false
        var undelivered: [Delivery] = []

        init(_ rules: [(name: String, rule: VerdictRule)], at now: MonotonicTime) {
            self.rules = rules
            self.ruled = Self.outcomes(of: rules)
            self.snapshot = Snapshot(at: now)
        }

        private static func outcomes(
            of rules: [(name: String, rule: VerdictRule)]
        ) -> Set<OutcomeName> { Set(rules.flatMap(\.rule.outcomes)) }

        /// Counts a measurement of each outcome, unless there was none or it was counted already.
        mutating func count(
            _ outcomes: some Collection<Board.Report>, _ duration: Duration, _ number: Int?
        ) {
            for (name, outcome) in outcomes {
                guard outcome != nil else {
                    measurements[name] = nil
                    continue
                }
                guard duration > .zero else { continue }
                measurements[name, default: Measurements()].take(duration, number)
            }
        }

        /// Beyond a bound, an observer that hangs misses the notes and the snapshots that came between.
        mutating func append(_ delivery: Delivery) {
            guard undelivered.count >= Board.undeliveredLimit else {
                return undelivered.append(delivery)
            }
            guard let change = delivery.change else { return }
            let earlier = undelivered[undelivered.count - 1].change?.earlier ?? change.earlier
            undelivered[undelivered.count - 1].change = (change.snapshot, earlier)
        }
    }

    /// The measurements of one outcome.
    private struct Measurements {
        var durations = DurationHistogram()
        private var latest: Int?

        mutating func take(_ duration: Duration, _ number: Int?) {
            if let number, number == latest { return }
            latest = number
            durations.record(duration)
        }
    }

    /// Reports that wait for an observer at most.
    static let undeliveredLimit = 64

    private let state: Mutex<State>
    private let publisher: Publisher
    private let observers: [Observer]
    /// In nanoseconds.
    private let newestReport: Atomic<Int64>

    /// A board with these health names, and what is known at the start. Calls `publisher` at once.
    package init(
        rules: [(name: String, rule: VerdictRule)], outcomes: [OutcomeName: Outcome] = [:],
        at now: MonotonicTime = .now(),
        publisher: @escaping Publisher = { _ in }, observers: [Observer] = []
    ) {
        self.publisher = publisher
        self.observers = observers
        self.newestReport = Atomic(now.nanoseconds)
        var first = State(rules, at: now)
        _ = first.snapshot.report(outcomes.mapValues(Optional.some), at: now)
        first.snapshot.note(.statuses, at: now)
        first.snapshot.evaluate(rules)
        publisher(first.snapshot)
        self.state = Mutex(first)
    }

    /// The board now.
    package var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// When a producer has reported last, whatever it had to say: how fresh the board is.
    package var lastReported: MonotonicTime {
        MonotonicTime(nanoseconds: newestReport.load(ordering: .relaxed))
    }

    /// A copy of this board for `loop`, kept up to date while somebody holds it. Call it on the loop, or before the loop
    /// serves anything.
    package func makeView(on loop: EventLoop) -> BoardView {
        state.withLock { state in
            let view = BoardView(state.snapshot)
            state.feeds.append(BoardView.Feed(to: view, on: loop))
            return view
        }
    }

    /// How long the measurements of each outcome took; of those that were measured. Bounded by the outcomes that there are.
    package var durations: [OutcomeName: DurationHistogram] {
        state.withLock { $0.measurements.mapValues(\.durations) }
    }

    /// Views that are kept up to date; for tests of what is left behind.
    var feedCount: Int { state.withLock { $0.feeds.count } }

    /// Takes one outcome; nil withdraws it. `duration` is how long it took to find out. A measurement that may be reported again, with what follows
    /// from it later, has a number: it is counted once.
    package func report(
        _ outcome: Outcome?, for name: OutcomeName, at now: MonotonicTime = .now(),
        duration: Duration = .zero, number: Int? = nil, prospect: Prospect? = nil,
        note: Note? = nil
    ) {
        // A dictionary for it was a thirtieth of a check over TCP.
        let report = CollectionOfOne((key: name, value: outcome))
        take(report, at: now, duration, number, prospect, note)
    }

    /// Takes outcomes as if at once; nil withdraws one. The publisher has been called when this returns.
    package func report(
        _ outcomes: [OutcomeName: Outcome?], at now: MonotonicTime = .now(),
        duration: Duration = .zero, prospect: Prospect? = nil, note: Note? = nil
    ) {
        take(outcomes, at: now, duration, nil, prospect, note)
    }

    private func take(
        _ outcomes: some Collection<Report>, at now: MonotonicTime, _ duration: Duration,
        _ number: Int?, _ prospect: Prospect?, _ note: Note?
    ) {
        newestReport.store(now.nanoseconds, ordering: .relaxed)
        func report(_ state: inout State) -> (Change, concernsRules: Bool) {
            state.count(outcomes, duration, number)
            let change = state.snapshot.report(
                outcomes, at: now, duration: duration, prospect: prospect)
            return (change, outcomes.contains { state.ruled.contains($0.key) })
        }
        change(note, at: now, if: { $0.snapshot.differs(from: outcomes) }, report)
    }

    /// Gives a health name a rule, in place of one it may have had; nil takes the name away.
    package func define(_ name: String, _ rule: VerdictRule?) {
        change(nil, at: .now()) { state in
            let index = state.rules.firstIndex { $0.name == name }
            switch (index, rule) {
            case (let index?, let rule?): state.rules[index].rule = rule
            case (nil, let rule?): state.rules.append((name, rule))
            case (let index?, nil): state.rules.remove(at: index)
            case (nil, nil): return (.nothing, false)
            }
            state.snapshot.forgetNews()
            return (.statuses, true)
        }
    }

    /// `body` says what it has changed, and whether rules depend on it; `mayChange`, whether it will change anything at all.
    private func change(
        _ note: Note?, at now: MonotonicTime, if mayChange: (State) -> Bool = { _ in true },
        _ body: (inout State) -> (Change, concernsRules: Bool)
    ) {
        let mustDeliver = state.withLock { state in
            // Where observers want it: what is shared has to be copied to be changed.
            let earlier = observers.isEmpty || !mayChange(state) ? nil : state.snapshot
            var delivery = Delivery(note: note)
            let (change, concernsRules) = body(&state)
            if change > .nothing {
                state.snapshot.note(change, at: now)
                if concernsRules { state.snapshot.evaluate(state.rules) }
                publisher(state.snapshot)
                state.feeds.removeAll { $0.isOver }
                for feed in state.feeds { feed.put(state.snapshot) }
                if let earlier { delivery.change = (state.snapshot, earlier) }
            }
            if note == nil, delivery.change == nil { return false }
            state.append(delivery)
            defer { state.isDelivering = true }
            return !state.isDelivering
        }
        if mustDeliver { deliver() }
    }

    /// One thread delivers what all have reported, so that observers see one order and no producer waits for them.
    private func deliver() {
        while true {
            let deliveries = state.withLock { state in
                defer { state.undelivered = [] }
                state.isDelivering = !state.undelivered.isEmpty
                return state.undelivered
            }
            if deliveries.isEmpty { return }
            for delivery in deliveries {
                delivery.note?()
                guard let (snapshot, earlier) = delivery.change else { continue }
                for observer in observers { observer(snapshot, earlier) }
            }
        }
    }
}
