// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// A log that keeps its lines.
final class RecordedLog: LogHandler, Sendable {
    private let state = Mutex<[String]>([])
    /// `message: reason`, without the reason where there is none.
    var lines: [String] { state.withLock { $0 } }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logger: Logger { Logger(label: "test") { _ in self } }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let reason = event.metadata?["reason"].map { ": \($0)" } ?? ""
        state.withLock { $0.append("\(event.message)\(reason)") }
    }
}
