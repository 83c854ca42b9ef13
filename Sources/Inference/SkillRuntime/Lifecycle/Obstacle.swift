// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// Why a health name is not SERVING: a code for programs, and a text for a person.
struct Obstacle: Equatable, Sendable {
    /// The kind of reason, which tells a client nothing of what is inside the process.
    let code: HealthReason
    /// What is the matter.
    let reason: String
    /// The numbers of the moment. Other numbers are no other reason.
    var figures = ""

    /// For a person: the reason, and its numbers.
    var text: String { figures.isEmpty ? reason : "\(reason): \(figures)" }

    init(_ code: HealthReason, _ reason: String, figures: String = "") {
        self.code = code
        self.reason = reason
        self.figures = figures
    }

    /// Whether this is another reason than that one, and not only other numbers.
    func isAnother(than other: Obstacle?) -> Bool {
        code != other?.code || reason != other?.reason
    }

    /// The server is about to stop.
    static var draining: Obstacle { Obstacle(.draining, "draining") }
}
