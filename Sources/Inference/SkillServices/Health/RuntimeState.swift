// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCHealth
package import Inference
package import Logging
package import Scraping
package import StatusBoard
package import Synchronization
package import SystemIO

/// What the parts of the runtime share. From any thread.
package final class RuntimeState: Sendable {
    /// How everything is. What it says reaches gRPC health in the same step, and the log after that.
    package let board: Board
    /// What tells the clients of gRPC health.
    package let reporter: HealthReporter
    /// The work that the workers have under way.
    package let progress = Progress()
    /// The memory that the process uses, measured every second: a call makes no system calls.
    package let residentBytes = Atomic<UInt64>(0)
    /// The memory that was available at the latest measurement; `UInt64.max` when that is not known.
    package let availableBytes = Atomic<UInt64>(.max)
    /// What has changed on the board in the last hour.
    package let history: ChangeRecorder
    package let coldStart: ColdStart
    /// How often the health names have changed.
    package let healthChanges: HealthChanges
    package let verdictLog: VerdictLog
    package let logger: Logger
    private let health: RuntimeHealth
    private let list: Mutex<ModelList>

    /// A state in which no model is loaded. `reporter` is told at once.
    package init(
        _ health: RuntimeHealth, startTime: MonotonicTime,
        reporter: HealthReporter, logger: Logger
    ) {
        let coldStart = ColdStart(startTime: startTime)
        let history = ChangeRecorder()
        let verdictLog = VerdictLog(logger)
        let healthChanges = HealthChanges()
        self.reporter = reporter
        self.healthChanges = healthChanges
        self.health = health
        self.coldStart = coldStart
        self.history = history
        self.verdictLog = verdictLog
        self.logger = logger
        self.list = Mutex(ModelList(models: health.models))
        self.board = Board(
            rules: health.rules, outcomes: health.firstOutcomes,
            publisher: { snapshot in
                coldStart.take(snapshot)
                healthChanges.take(snapshot)
                reporter.publish(snapshot)
                history.take(snapshot)
            },
            observers: [{ snapshot, _ in verdictLog.take(snapshot) }])
    }

    /// When the process began.
    package var startTime: MonotonicTime { coldStart.startTime }

    /// The memory that is available, in bytes; nil when it is not known, or nothing depends on it.
    package var availableMemory: UInt64? {
        let bytes = availableBytes.load(ordering: .relaxed)
        return bytes == .max ? nil : bytes
    }

    /// The models now.
    package var models: ModelList { list.withLock { $0 } }

    /// Changes the models. What follows from it has to be reported to the board.
    func updateModels<Result: Sendable>(
        _ body: (inout ModelList) -> Result
    ) -> Result {
        list.withLock { body(&$0) }
    }

    /// Whether a model can serve, whatever the others and readiness are like.
    func verdict(of model: ModelList.Model, in snapshot: Board.Snapshot) -> Verdict {
        snapshot.evaluate(health.rule(of: model))
    }
}

extension Board.Snapshot {
    /// A health name of the runtime, and its verdict; nil when there is no such name.
    package func health(of name: UnsafeRawBufferPointer) -> (name: String, verdict: Verdict)? {
        verdicts.first { $0.name.utf8.elementsEqual(name) }
    }
}
