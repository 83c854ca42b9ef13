// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import Synchronization
package import SystemIO

/// The jobs that the workers have taken, and when each last showed progress. From any thread.
///
/// Many jobs are not a stall; a job that was taken and shows no progress for too long is one.
package final class Progress: Sendable {
    /// What the workers do.
    package enum Activity: Equatable, Sendable {
        case idle
        /// So many jobs are under way, and none is stalled.
        case busy(Int)
        /// So many jobs have shown no progress for too long, the worst of them for `longest`.
        case stalled(Int, longest: Duration)
    }

    fileprivate struct Job {
        var latestProgress: MonotonicTime
        /// How long it may go without progress, if that is longer than for others.
        var silence: Duration
    }

    fileprivate let jobs = Mutex(SlotMap<Job>())

    /// No jobs.
    package init() {}

    /// A worker begins a job, which ends with ``Token/end()``.
    ///
    /// - Parameter silence: How long this job may go without progress, if that is longer than for others: a call that answers
    ///   all at once shows none until its own time limit.
    package func begin(silence: Duration = .zero, at now: MonotonicTime = .now()) -> Token {
        Token(self, jobs.withLock { $0.insert(Job(latestProgress: now, silence: silence)) })
    }

    /// What the workers do at this moment, when a job may go without progress for `limit`.
    package func activity(at now: MonotonicTime, stallAfter limit: Duration) -> Activity {
        jobs.withLock { jobs in
            if jobs.count == 0 { return .idle }
            var stalled = 0
            var longest = Duration.zero
            jobs.visit { job in
                let silence = now - job.latestProgress
                guard silence > max(limit, job.silence) else { return }
                stalled += 1
                longest = max(longest, silence)
            }
            return stalled > 0 ? .stalled(stalled, longest: longest) : .busy(jobs.count)
        }
    }
}

extension Progress {
    /// The job of the current task.
    @TaskLocal package static var current: Token?

    /// One job. The end of its last reference ends it, so that a job that was dropped is not a stall.
    package final class Token: Sendable {
        private let progress: Progress
        private let key: SlotKey

        fileprivate init(_ progress: Progress, _ key: SlotKey) {
            self.progress = progress
            self.key = key
        }

        deinit { end() }

        /// The job made progress: a token was generated, a part of an answer came.
        package func progressed(at now: MonotonicTime = .now()) {
            progress.jobs.withLock { jobs in
                if jobs.contains(key) { jobs[slot: key.slot]?.latestProgress = now }
            }
        }

        /// The job is over, whether it succeeded or not. A second call does nothing.
        package func end() { progress.jobs.withLock { _ = $0.remove(key) } }
    }
}
