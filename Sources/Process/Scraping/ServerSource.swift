// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import Exposition
package import GRPCTransport

/// What servers and their loops have counted.
package struct ServerSource: MetricSource {
    /// A server, by what tells it from the others.
    package typealias Listener = (name: String, server: GRPCServer)

    private let listeners: () -> [Listener]
    private let lags: () -> [(loop: String, lag: Duration)]

    /// A source of the servers that there are when it is asked, and of how late each loop is.
    package init(
        _ listeners: @escaping () -> [Listener],
        lags: @escaping () -> [(loop: String, lag: Duration)] = { [] }
    ) {
        self.listeners = listeners
        self.lags = lags
    }

    package func collect(_ completion: @escaping @Sendable ([MetricFamily]) -> Void) {
        Self.read(listeners()[...], [], lags(), completion)
    }

    private static func read(
        _ rest: ArraySlice<Listener>, _ soFar: [ConnectionFamilies.Reading],
        _ lags: [(loop: String, lag: Duration)],
        _ completion: @escaping @Sendable ([MetricFamily]) -> Void
    ) {
        guard let (name, server) = rest.first else {
            return completion(families(soFar, lags))
        }
        server.statistics { statistics in
            let reading = ConnectionFamilies.Reading(name, server, statistics)
            read(rest.dropFirst(), soFar + [reading], lags, completion)
        }
    }

    private static func families(
        _ readings: [ConnectionFamilies.Reading], _ lags: [(loop: String, lag: Duration)]
    ) -> [MetricFamily] {
        // Servers of one group share its loops: those of the first one are all of them.
        let ticks = readings.first?.statistics.ticks ?? DurationHistogram()
        return ConnectionFamilies.read(readings) + CallFamilies.read(readings.map(\.statistics))
            + LoopFamilies.read(ticks: ticks, lags: lags)
    }
}
