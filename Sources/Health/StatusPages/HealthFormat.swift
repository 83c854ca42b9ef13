// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting

/// How `/health` is written.
enum HealthFormat: Int, CaseIterable {
    case json
    case healthJSON
    case text

    /// The format that a client prefers by its field `accept`: the one of the highest quality, of several the one named
    /// first. JSON for a client that names none of them: an answer in another form is better than none.
    init(accept: String?) {
        let ranges = accept.map(MediaRange.parse) ?? []
        let wishes = Self.allCases.compactMap { format -> (Self, MediaRange)? in
            let matching = ranges.filter { format.isNamed(by: $0) }
            // The most exact item says how much a format is wanted.
            let best = matching.max { $0.exactness < $1.exactness }
            return best.map { (format, $0) }
        }
        let wanted = wishes.filter { $0.1.quality > 0 }.min { left, right in
            (-left.1.quality, left.1.place) < (-right.1.quality, right.1.place)
        }
        self = wanted?.0 ?? .json
    }

    private func isNamed(by range: MediaRange) -> Bool {
        switch range.type {
        case "*/*": true
        case "application/*": self != .text
        case "text/*": self == .text
        case "application/json": self == .json
        case "application/health+json": self == .healthJSON
        case "text/plain": self == .text
        default: false
        }
    }

    /// For the field `content-type`.
    var contentType: String {
        switch self {
        case .json: "application/json"
        case .healthJSON: "application/health+json"
        case .text: "text/plain; charset=utf-8"
        }
    }
}
