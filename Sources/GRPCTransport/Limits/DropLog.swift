// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import SystemIO

/// Counts the connections that the server ended, by reason, and logs them: one line for each reason every ten
/// seconds, which tells how many there were. A flood of attackers must not become a flood of lines.
public final class DropLog: Sendable {
    private struct Entry {
        var total = 0
        var unlogged = 0
        var silentUntil = MonotonicTime(nanoseconds: .min)

        /// Counts one more; how many there are to tell of, when a line is due.
        mutating func take(at now: MonotonicTime) -> Int? {
            total += 1
            unlogged += 1
            guard now >= silentUntil else { return nil }
            silentUntil = now + DropLog.interval
            defer { unlogged = 0 }
            return unlogged
        }
    }

    private let entries = Mutex([Entry](repeating: Entry(), count: DropReason.allCases.count))
    private let logger: Logger

    private static let interval = Duration.seconds(10)

    init(_ logger: Logger) { self.logger = logger }

    /// How many connections were ended for `reason`.
    public func count(of reason: DropReason) -> Int {
        entries.withLock { $0[reason.rawValue].total }
    }

    /// Counts one; `peer` and `detail` are asked for only when there is a line to write.
    func record(
        _ reason: DropReason, peer: @autoclosure () -> String, detail: String? = nil,
        at now: MonotonicTime
    ) {
        let count = entries.withLock { entries in
            entries[reason.rawValue].take(at: now)
        }
        guard let count else { return }
        var metadata: Logger.Metadata = ["reason": "\(reason.text)", "peer": "\(peer())"]
        if let detail { metadata["detail"] = "\(detail)" }
        // The others since the line before this one.
        if count > 1 { metadata["connections"] = "\(count)" }
        logger.info("connection dropped", metadata: metadata)
    }
}
