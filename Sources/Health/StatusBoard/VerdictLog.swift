// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization
package import SystemIO

/// Tells the log when readiness comes or goes, and when its cause changes. From any thread.
///
/// Causes can change often: the log is told of them once a second at most, and of the latest one always.
package final class VerdictLog: Sendable {
    private struct State {
        var hasBegun = false
        /// Of the newest snapshot that was taken.
        var revision: UInt64 = 0
        /// What the log was told last, and when.
        var told: (outcome: Outcome, at: MonotonicTime)?
    }

    /// Between two lines that only tell another cause.
    package static let minPause = Duration.seconds(1)

    private let logger: Logger
    private let state = Mutex(State())

    /// A log that is told nothing until ``begin(_:at:)``.
    package init(_ logger: Logger) { self.logger = logger }

    /// The start is over: from now on the log is told.
    package func begin(_ snapshot: Board.Snapshot, at now: MonotonicTime = .now()) {
        state.withLock { $0.hasBegun = true }
        take(snapshot, at: now)
    }

    /// Takes the newest snapshot, at each change and once a second. Older ones are ignored; a drain
    /// has a line of its own.
    package func take(_ snapshot: Board.Snapshot, at now: MonotonicTime = .now()) {
        guard let verdict = snapshot.verdict(of: HealthName.readiness) else { return }
        state.withLock { state in
            guard snapshot.revision >= state.revision else { return }
            state.revision = snapshot.revision
            if verdict.decidedBy == .draining {
                // A drain that is taken back is followed by what the verdict then is.
                state.told = nil
                return
            }
            guard state.hasBegun else { return }
            let hasTurned = state.told?.outcome.state.canServe != verdict.isServing
            guard hasTurned || isNews(verdict, after: state.told, now) else { return }
            state.told = (verdict.outcome, now)
            tell(verdict, hasTurned: hasTurned)
        }
    }

    private func isNews(
        _ verdict: Verdict, after told: (outcome: Outcome, at: MonotonicTime)?, _ now: MonotonicTime
    ) -> Bool {
        guard let told, !verdict.isServing else { return false }
        return !verdict.outcome.hasSameCause(as: told.outcome) && now - told.at >= Self.minPause
    }

    private func tell(_ verdict: Verdict, hasTurned: Bool) {
        guard !verdict.isServing else { return logger.notice("serving") }
        logger.notice(
            hasTurned ? "not serving" : "still not serving",
            metadata: ["reason": "\(verdict.outcome.text)"])
    }
}
