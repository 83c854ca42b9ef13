// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Asynchronous handlers run on the loop of their connection: `Task(executorPreference: loop)`.
extension EventLoop: TaskExecutor {
    /// Takes a job of Swift's concurrency. From any thread.
    public func enqueue(_ job: consuming ExecutorJob) { post(.job(UnownedJob(job))) }
}
