// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// A log that keeps its lines.
package final class RecordedLog: LogHandler, Sendable {
    private let events = Mutex<[(message: String, reason: String?)]>([])

    package init() {}

    package var messages: [String] { events.withLock { $0.map(\.message) } }
    package var reasons: [String] { events.withLock { $0.compactMap(\.reason) } }
    /// `message: reason`, without the reason where there is none.
    package var lines: [String] {
        events.withLock { $0.map { $0.message + ($0.reason.map { ": " + $0 } ?? "") } }
    }
    package var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    package var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    package var logger: Logger { Logger(label: "test") { _ in self } }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }

    package func log(event: LogEvent) {
        let reason = event.metadata?["reason"].map { "\($0)" }
        events.withLock { $0.append(("\(event.message)", reason)) }
    }
}
