// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The numbers of one moment that the page shows beside the status board's outcomes.
package struct SiteFigures: Equatable, Sendable {
    /// The memory that the process can still get, in bytes.
    package struct Memory: Equatable, Sendable {
        /// Nil when it is not known.
        package var available: UInt64?
        /// Less than this is too little; nil when none is required.
        package var low: UInt64?
        /// At least this is enough again.
        package var high: UInt64?
        /// What the process uses itself.
        package var resident: UInt64

        /// Memory.
        package init(
            available: UInt64? = nil, low: UInt64? = nil, high: UInt64? = nil, resident: UInt64 = 0
        ) {
            self.available = available
            self.low = low
            self.high = high
            self.resident = resident
        }
    }

    /// The requests that wait, and the workers.
    package struct Queue: Equatable, Sendable {
        package var waiting: Int
        /// So many may wait.
        package var limit: Int
        /// From so many on the server is not ready; 0 for never.
        package var longAt: Int
        package var busyWorkers: Int
        package var workers: Int

        /// A queue.
        package init(waiting: Int, limit: Int, longAt: Int, busyWorkers: Int, workers: Int) {
            self.waiting = waiting
            self.limit = limit
            self.longAt = longAt
            self.busyWorkers = busyWorkers
            self.workers = workers
        }
    }

    /// A model.
    package struct Model: Equatable, Sendable {
        package var name: String
        /// Its name on the status board.
        package var outcome: String
        /// Whether readiness needs it.
        package var isRequired: Bool
        /// The length of its file; nil when it is not loaded.
        package var bytes: UInt64?
        /// Where its file is, for operators; nil when it is not loaded.
        package var path: String?
        /// Reloads that succeeded.
        package var reloads: Int
        /// Why the latest reload failed, for operators; nil when it did not.
        package var reloadFailure: String?

        /// A model.
        package init(
            name: String, outcome: String, isRequired: Bool = true, bytes: UInt64? = nil,
            path: String? = nil, reloads: Int = 0, reloadFailure: String? = nil
        ) {
            self.name = name
            self.outcome = outcome
            self.isRequired = isRequired
            self.bytes = bytes
            self.path = path
            self.reloads = reloads
            self.reloadFailure = reloadFailure
        }
    }

    /// The connections at one address.
    package struct Connections: Equatable, Sendable {
        /// What the address is for: `port`, `operators`, `health`.
        package var purpose: String
        package var open: Int
        package var limit: Int
        /// Calls that stream their answer.
        package var streams: Int

        /// Connections.
        package init(purpose: String, open: Int, limit: Int, streams: Int) {
            self.purpose = purpose
            self.open = open
            self.limit = limit
            self.streams = streams
        }
    }

    package var memory: Memory?
    package var queue: Queue?
    package var models: [Model]
    package var connections: [Connections]
    /// Where the process is registered: for operators only.
    package var registrations: [RegisteredPlace]

    /// Figures; what is not there is not shown.
    package init(
        memory: Memory? = nil, queue: Queue? = nil, models: [Model] = [],
        connections: [Connections] = [], registrations: [RegisteredPlace] = []
    ) {
        self.memory = memory
        self.queue = queue
        self.models = models
        self.connections = connections
        self.registrations = registrations
    }
}

extension SiteFigures {
    /// The same with bytes as the page shows them: a change that is not seen is none.
    var rounded: SiteFigures {
        var figures = self
        figures.memory?.available = memory?.available.map(Self.rounded)
        figures.memory?.resident = Self.rounded(memory?.resident ?? 0)
        return figures
    }

    /// Without what is less than a tenth of the unit.
    private static func rounded(_ bytes: UInt64) -> UInt64 {
        let unit = max(0, bytes.bitWidth - bytes.leadingZeroBitCount - 1) / 10 * 10
        let tenths = (bytes >> unit) * 10 + ((bytes & ((1 << unit) - 1)) * 10) >> unit
        return (tenths << unit) / 10
    }
}
