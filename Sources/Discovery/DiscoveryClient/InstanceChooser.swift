// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
package import SystemIO

/// How a client chooses among instances.
package enum Balancing: String, CaseIterable, Sendable {
    case roundRobin = "round-robin"
    /// Of those with the fewest failures in a row, in turn.
    case leastFailures = "least-failures"
    /// The one with the fewest requests that this client has under way: of all when they are few, else of two. By weight: of two.
    case leastRequests = "least-requests"
}

/// How a request of an instance has ended.
package enum RequestEnd: Sendable {
    case succeeded
    case failed
    /// It says nothing of the instance: it was given up.
    case unknown
}

/// Chooses an instance for each request, by weight where weights differ. Pure; a choice among many takes no longer than one among
/// few, but for a search in their weights.
package struct InstanceChooser {
    /// Failures of an instance count until it has had none for so long: one that may have recovered is tried again.
    package static let failureTime = Duration.seconds(30)
    /// So many are compared for the fewest requests.
    private static let fewInstances = 16

    private struct Load {
        var requests = 0
        var failures = 0
        /// When its failures are forgotten; nil without any.
        var forgiveness: MonotonicTime?

        mutating func forgive() { (failures, forgiveness) = (0, nil) }
    }

    private let balancing: Balancing
    private var instances: [Instance] = []
    private var loads: [Load] = []
    private var places: [String: Int] = [:]
    /// Of all, by place; nil where all have the same weight.
    private var weights: WeightedTurns?
    /// Places of those with the fewest failures.
    private var best: [Int] = []
    private var bestWeights: WeightedTurns?
    private var turn = 0
    private var random: UInt64
    /// No failures are to be forgotten before this moment; nil when there are none.
    private var nextForgiveness: MonotonicTime?

    /// A chooser without instances. `seed` makes clients begin at different instances.
    package init(_ balancing: Balancing, seed: UInt64) {
        self.balancing = balancing
        random = seed | 1
        turn = Int(truncatingIfNeeded: seed >> 33)
    }

    /// Takes the instances to choose from; of those that stay, loads stay.
    package mutating func set(_ new: [Instance]) {
        let (oldPlaces, oldLoads) = (places, loads)
        instances = new
        places = [:]
        loads = []
        for (place, instance) in new.enumerated() {
            places[instance.key.id] = place
            loads.append(oldPlaces[instance.key.id].map { oldLoads[$0] } ?? Load())
        }
        weights = WeightedTurns(new.map(\.weight))
        findBest()
    }

    /// Chooses one, and counts a request of it that has to be ended. Nil when there are none.
    package mutating func choose(at now: MonotonicTime) -> Instance? {
        if let nextForgiveness, nextForgiveness <= now { forgive(at: now) }
        guard !instances.isEmpty else { return nil }
        let place =
            switch balancing {
            case .roundRobin: place(among: instances.count, weights)
            case .leastFailures: best[place(among: best.count, bestWeights)]
            case .leastRequests: leastLoaded()
            }
        loads[place].requests += 1
        return instances[place]
    }

    /// A request of an instance has ended.
    package mutating func ended(_ id: String, _ end: RequestEnd, at now: MonotonicTime) {
        guard let place = places[id] else { return }
        loads[place].requests = max(0, loads[place].requests - 1)
        let old = loads[place].failures
        switch end {
        case .succeeded: loads[place].forgive()
        case .failed:
            loads[place].failures = min(old + 1, 1000)
            let time = now + Self.failureTime
            loads[place].forgiveness = time
            nextForgiveness = min(time, nextForgiveness ?? time)
        case .unknown: return
        }
        if loads[place].failures != old { findBest() }
    }

    private mutating func next() -> Int {
        turn = (turn + 1) & Int(UInt32.max)
        return turn
    }

    private mutating func place(among count: Int, _ weights: WeightedTurns?) -> Int {
        let turn = next()
        return weights?.place(turn) ?? turn % count
    }

    private mutating func leastLoaded() -> Int {
        let count = instances.count
        if count > Self.fewInstances || weights != nil {
            let (first, second) = (place(among: count, weights), pick())
            return isLessLoaded(second, than: first) ? second : first
        }
        let start = next()
        // From another one each time, so that equal ones take turns.
        let order = (0..<count).lazy.map { (start + $0) % count }
        return order.min { loads[$0].requests < loads[$1].requests } ?? 0
    }

    /// Whether it has fewer requests for its weight.
    private func isLessLoaded(_ place: Int, than other: Int) -> Bool {
        let (requests, otherRequests) = (loads[place].requests, loads[other].requests)
        if weights == nil { return requests < otherRequests }
        let share = WeightedTurns.share(of: instances[place].weight)
        let otherShare = WeightedTurns.share(of: instances[other].weight)
        return requests * otherShare < otherRequests * share
    }

    /// One of all at random, by weight.
    private mutating func pick() -> Int {
        let number = roll()
        return weights?.place(number) ?? number % instances.count
    }

    /// xorshift64: good enough to spread load.
    private mutating func roll() -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(truncatingIfNeeded: random >> 33)
    }

    private mutating func findBest() {
        let fewest = loads.lazy.map(\.failures).min() ?? 0
        best = loads.indices.filter { loads[$0].failures == fewest }
        bestWeights = weights == nil ? nil : WeightedTurns(best.map { instances[$0].weight })
    }

    /// Comes at most once for each failure, however often one is chosen.
    private mutating func forgive(at now: MonotonicTime) {
        for place in loads.indices where loads[place].forgiveness ?? .distantFuture <= now {
            loads[place].forgive()
        }
        nextForgiveness = loads.lazy.compactMap(\.forgiveness).min()
        findBest()
    }
}
