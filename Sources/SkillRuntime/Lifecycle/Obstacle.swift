// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a health name is not SERVING: a code for programs, and a text for a person.
struct Obstacle: Equatable, Sendable {
    /// The kind of reason. A code tells a client nothing of what is inside the process.
    enum Code: String, CaseIterable, Sendable {
        case lowMemory = "low-memory"
        case loading
        case draining
        case maintenance
        /// What the skill depends on is not there: a model that can be served, or the model server.
        case dependency
        case stalled
        case queue
    }

    let code: Code
    /// What is the matter.
    let reason: String
    /// The numbers of the moment. Other numbers are no other reason.
    var figures = ""

    /// For a person: the reason, and its numbers.
    var text: String { figures.isEmpty ? reason : "\(reason): \(figures)" }

    init(_ code: Code, _ reason: String, figures: String = "") {
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
