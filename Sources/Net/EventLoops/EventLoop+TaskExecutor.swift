// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Tasks may run on a loop, where each of their steps holds it: `Task(executorPreference: loop)`.
extension EventLoop: TaskExecutor {
    /// Takes a job of Swift's concurrency. From any thread.
    package func enqueue(_ job: consuming ExecutorJob) { post(.job(UnownedJob(job))) }
}
