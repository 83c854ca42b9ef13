// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

extension ChangeHistory {
    /// A time in which a subject's state was one and the same.
    private struct Period {
        let start: MonotonicTime
        let end: MonotonicTime
        /// Nil when it is not known, or when the subject was not there.
        let state: Outcome.State?
    }

    /// The worst state of a subject in each of `count` equal parts of the last hour, the oldest first; nil for a part of
    /// which nothing is known.
    package func worstStates(
        of subject: Subject, in count: Int, at now: MonotonicTime
    ) -> [Outcome.State?] {
        let periods = periods(of: subject, at: now)
        let length = Self.span / count
        return (0..<count).map { index in
            let start = now + (length * (index - count))
            let end = start + length
            return periods.filter { $0.start < end && $0.end > start }.compactMap(\.state).max()
        }
    }

    private func periods(of subject: Subject, at now: MonotonicTime) -> [Period] {
        var periods: [Period] = []
        var end = now
        var state = standings[subject]?.state
        for change in changes.reversed() where change.subject == subject {
            periods.append(Period(start: change.at, end: end, state: state))
            end = change.at
            // Of the time before a gap only this is known: the state right before the change.
            if change.skipped > 0 { return periods }
            state = change.from
        }
        return periods + [Period(start: min(start, end), end: end, state: state)]
    }
}
