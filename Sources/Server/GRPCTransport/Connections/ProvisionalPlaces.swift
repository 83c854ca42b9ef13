// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The connections of one loop that were let in for a newcomer's first call when there was no place for them, by their
/// places in the loop's table, the oldest first. Pure.
struct ProvisionalPlaces {
    /// How many there may be; one more takes the place of the oldest.
    let limit: Int
    private var places: [Int] = []

    init(limit: Int) { self.limit = limit }

    /// Who has to go before one more can come; nil when there is room.
    var oldestInTheWay: Int? { places.count < limit ? nil : places.first }

    mutating func add(_ place: Int) { places.append(place) }

    mutating func remove(_ place: Int) { places.removeAll { $0 == place } }
}
