// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// Turns single results into a state that does not flap. Pure.
///
/// The first result decides at once. After that, `fall` results in a row that are worse make the state worse, and
/// `rise` results in a row that are better make it better; it becomes what the mildest, or the worst, of them is.
/// What was never healthy is starting, not flapping: there one better result is enough.
package struct ResultFilter: Equatable, Sendable {
    /// Results in a row that make the state worse.
    package let fall: Int
    /// Results in a row that make it better.
    package let rise: Int
    /// The state; nil before the first result.
    package private(set) var state: Outcome.State?
    /// How many results in a row contradict the state, on one side of it.
    package private(set) var contradictions = 0
    /// The latest result was worse than the state.
    private var isFalling = false
    /// Of the results that contradict, the one nearest to the state.
    private var nearest: Outcome.State?
    private var wasHealthy = false

    /// A filter that has seen nothing.
    package init(fall: Int, rise: Int) {
        self.fall = fall
        self.rise = rise
    }

    /// Takes a result that is not unknown. True when the state is another one now.
    package mutating func observe(_ result: Outcome.State) -> Bool {
        guard let state else {
            become(result)
            return true
        }
        guard result != state else {
            forget()
            return false
        }
        let isWorse = result > state
        if isWorse != isFalling { forget() }
        isFalling = isWorse
        contradictions += 1
        nearest = nearest.map { isWorse ? min($0, result) : max($0, result) } ?? result
        guard contradictions >= (isWorse ? fall : wasHealthy ? rise : 1) else { return false }
        become(nearest ?? result)
        return true
    }

    /// Forgets all results: the next one decides at once.
    package mutating func reset() {
        state = nil
        wasHealthy = false
        forget()
    }

    private mutating func become(_ result: Outcome.State) {
        state = result
        if result == .healthy { wasHealthy = true }
        forget()
    }

    private mutating func forget() {
        contradictions = 0
        nearest = nil
    }
}
