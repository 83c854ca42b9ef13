// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire
import Logging
import Synchronization
import SystemIO

/// One of a closed set of reasons.
package protocol LoggedReason: CaseIterable, RawRepresentable<Int>, Sendable {
    /// For a person.
    var text: StaticString { get }
}

extension DropReason: LoggedReason {}
extension BrokenRule: LoggedReason {}

/// The connections that the server ended.
package typealias DropLog = ReasonLog<DropReason>
/// The calls that it reset because their client broke a rule of HTTP/2.
package typealias ResetLog = ReasonLog<BrokenRule>

/// Counts what happened to clients, by reason, and logs it: one line for each reason every ten seconds, which tells how
/// many there were. A flood of attackers must not become a flood of lines.
package final class ReasonLog<Reason: LoggedReason>: Sendable {
    private struct Entry {
        var total = 0
        var unlogged = 0
        var silentUntil = MonotonicTime(nanoseconds: .min)

        /// Counts one more; how many there are to tell of, when a line is due.
        mutating func take(at now: MonotonicTime) -> Int? {
            total += 1
            unlogged += 1
            guard now >= silentUntil else { return nil }
            silentUntil = now + .seconds(10)
            defer { unlogged = 0 }
            return unlogged
        }
    }

    private let entries = Mutex([Entry](repeating: Entry(), count: Reason.allCases.count))
    private let message: String
    /// What is counted, in the plural.
    private let unit: String
    private let level: Logger.Level
    private let logger: Logger

    init(_ message: String, _ unit: String, _ level: Logger.Level, _ logger: Logger) {
        self.message = message
        self.unit = unit
        self.level = level
        self.logger = logger
    }

    /// How often this was the reason.
    package func count(of reason: Reason) -> Int {
        entries.withLock { $0[reason.rawValue].total }
    }

    /// Counts one; `peer` and `detail` are asked for only when there is a line to write.
    func record(
        _ reason: Reason, peer: @autoclosure () -> String, detail: String? = nil,
        at now: MonotonicTime
    ) {
        let count = entries.withLock { entries in
            entries[reason.rawValue].take(at: now)
        }
        guard let count else { return }
        var metadata: Logger.Metadata = ["reason": "\(reason.text)", "peer": "\(peer())"]
        if let detail { metadata["detail"] = "\(detail)" }
        // The others since the line before this one.
        if count > 1 { metadata[unit] = .stringConvertible(count) }
        logger.log(level: level, "\(message)", metadata: metadata)
    }
}
