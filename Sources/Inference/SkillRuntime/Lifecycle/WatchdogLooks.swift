// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Inference

/// What the looks of the watchdog come to: one standstill or none, out of many heartbeats. Pure.
struct WatchdogLooks {
    /// Another standstill than before, or its end.
    struct Turn: Equatable {
        /// Who hangs, for a person; nil when all goes on.
        let standstill: String?
    }

    private let names: [String]
    private var loops: [Heartbeat]
    private var work = Heartbeat()
    /// How many pieces of work were stalled at the latest look that found any.
    private var stalled = 0

    init(names: [String]) {
        self.names = names
        self.loops = names.map { _ in Heartbeat() }
    }

    /// Takes a look: which loops have answered, in the order of their names, and what the workers do.
    mutating func take(_ answers: [Bool], _ activity: Progress.Activity) -> Turn? {
        var hasTurned = false
        for index in loops.indices where loops[index].look(isAnswered: answers[index]) {
            hasTurned = true
        }
        var isGettingOn = true
        if case .stalled(let count, _) = activity {
            isGettingOn = false
            stalled = count
        }
        if work.look(isAnswered: isGettingOn) { hasTurned = true }
        return hasTurned ? Turn(standstill: standstill) : nil
    }

    private var standstill: String? {
        var reasons = zip(names, loops).filter(\.1.isHung).map { "\($0.0) takes no turns" }
        if work.isHung {
            reasons.append("\(stalled) \(stalled == 1 ? "request does" : "requests do") not get on")
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }
}
