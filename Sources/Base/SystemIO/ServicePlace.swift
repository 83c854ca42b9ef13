// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One place where a service is, as DNS says (RFC 2782).
package struct ServicePlace: Equatable, Sendable {
    /// A name without the dot at its end.
    package let host: String
    package let port: UInt16
    /// Places with a lower number are tried first.
    package let priority: UInt16
    /// The share that the place has among those of its priority.
    package let weight: UInt16
    /// How long this may be relied on, in seconds.
    package let timeToLive: UInt32

    /// A place.
    package init(
        host: String, port: UInt16, priority: UInt16 = 0, weight: UInt16 = 0,
        timeToLive: UInt32 = 0
    ) {
        self.host = host
        self.port = port
        self.priority = priority
        self.weight = weight
        self.timeToLive = timeToLive
    }
}

extension [ServicePlace] {
    /// In the order in which they are tried: by priority; of one priority at random, by weight.
    package func ordered(using random: inout some RandomNumberGenerator) -> [ServicePlace] {
        var ordered: [ServicePlace] = []
        // Those without weight first: they are hit only by a zero.
        var left = sorted { ($0.priority, $0.weight) < ($1.priority, $1.weight) }
        while let priority = left.first?.priority {
            var group = Array(left.prefix { $0.priority == priority })
            left.removeFirst(group.count)
            while !group.isEmpty {
                let sum = group.reduce(0) { $0 + Int($1.weight) }
                var rest = Int.random(in: 0...sum, using: &random)
                var index = 0
                while rest > Int(group[index].weight) {
                    rest -= Int(group[index].weight)
                    index += 1
                }
                ordered.append(group.remove(at: index))
            }
        }
        return ordered
    }
}
