// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import HealthProtocol
import Logging
import Synchronization
import SystemIO

/// What requests see of the runtime, and the only way to the reporter: whoever changes the state tells the watchers
/// in the same step, so that no two threads can tell them in another order than they changed it.
///
/// Written by the control loop, the loop of the files and the watchdog; read from any thread.
final class RuntimeState: Sendable {
    /// Where in its life the runtime is.
    enum Phase: Int, Comparable, Sendable {
        /// Nobody knows yet whether the models are good.
        case starting
        case running
        /// NOT_SERVING for good; requests are served for the grace period, then those under way finish.
        case draining
        case stopped

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// What became of the reloads of one model.
    struct Reloads: Equatable, Sendable {
        /// Those that succeeded.
        var count: Int32 = 0
        /// Why the latest one failed, without saying where; nil when it did not.
        var failure: String?
    }

    /// One moment of it.
    struct Snapshot: Sendable {
        var phase = Phase.starting
        var conditions = Conditions()
        /// Held by whoever took the snapshot: a model that was replaced goes when its last request ends. In the
        /// order of the conditions' models.
        var files: [ModelFile?] = []
        /// In the order of the conditions' models.
        private(set) var reloads: [Reloads] = []
        /// How often the watchdog found that nothing got on.
        var standstillCount = 0
        /// Nobody looks at the models' files: what is told of them may be old.
        var areFilesHung = false
        /// From the start of the process to the first SERVING.
        var coldStart: Duration?
        /// What the log was told last.
        fileprivate var announced: Bool?

        /// The model that Infer uses: the first one.
        var model: ModelFile? { files.first ?? nil }
        var isDraining: Bool { phase >= .draining }

        /// The model can be served with from now on.
        mutating func use(_ model: ModelFile, at index: Int = 0) {
            while files.count <= index { files.append(nil) }
            files[index] = model
            conditions.models[index].state = .loaded
        }

        /// What became of the reloads of a model so far.
        func reloads(of index: Int) -> Reloads {
            reloads.indices.contains(index) ? reloads[index] : Reloads()
        }

        /// A reload of a model is over; `failure` is why it failed.
        mutating func reloaded(_ index: Int, failure: String?) {
            while reloads.count <= index { reloads.append(Reloads()) }
            reloads[index].failure = failure
            if failure == nil { reloads[index].count &+= 1 }
        }

        /// Why the latest reloads failed, of all models; nil when none did.
        var reloadFailure: String? {
            let failures = reloads.enumerated().compactMap { index, reloads in
                reloads.failure.map { reason in
                    conditions.models.count > 1
                        ? "\(conditions.models[index].name): \(reason)" : reason
                }
            }
            return failures.isEmpty ? nil : failures.joined(separator: "; ")
        }

        /// There is no model to serve with; requests that have it keep it.
        mutating func drop(_ index: Int, _ state: Conditions.Model.State) {
            if index < files.count { files[index] = nil }
            conditions.models[index].state = state
        }
    }

    /// When the process started.
    let startTime: MonotonicTime
    /// What the workers have under way.
    let progress = Progress()
    private let reporter: HealthReporter
    private let logger: Logger?
    private let shared: Mutex<Shared>
    /// Held by whoever tells the log.
    private let telling = Mutex(())

    private struct Shared {
        var snapshot: Snapshot
        /// Turns of readiness that the log was not told yet, in their order.
        var turns: [Conditions] = []
    }

    /// A state in which nothing is loaded. It tells `reporter` at once.
    init(
        startTime: MonotonicTime, conditions: Conditions = Conditions(),
        reporter: HealthReporter = HealthReporter(), logger: Logger? = nil
    ) {
        self.startTime = startTime
        self.reporter = reporter
        self.logger = logger
        self.shared = Mutex(Shared(snapshot: Snapshot(conditions: conditions)))
        update { _ in }
    }

    /// The state now.
    var current: Snapshot { shared.withLock { $0.snapshot } }

    /// Changes the state, and tells the reporter and the log what follows from it. The result is the body's.
    @discardableResult
    func update<Result: Sendable>(_ body: (inout Snapshot) -> Result) -> Result {
        let (result, hasTurned) = shared.withLock { shared in
            let before = shared.snapshot.phase
            let result = body(&shared.snapshot)
            if shared.snapshot.isDraining {
                if before < .draining { reporter.shutdown() }
                return (result, false)
            }
            reporter.set(shared.snapshot.conditions.verdicts)
            let hasTurned = turn(&shared.snapshot)
            if hasTurned { shared.turns.append(shared.snapshot.conditions) }
            return (result, hasTurned)
        }
        if hasTurned { tellLog() }
        return result
    }

    /// Whether readiness is another than the one that the log was told. A start is no turn before it is over.
    private func turn(_ snapshot: inout Snapshot) -> Bool {
        let isReady = snapshot.conditions.isReady
        guard snapshot.phase == .running, snapshot.announced != isReady else { return false }
        snapshot.announced = isReady
        if isReady, snapshot.coldStart == nil { snapshot.coldStart = .now() - startTime }
        return true
    }

    /// In the order of the turns, whoever made them: the last line is the verdict. Not under the lock of the state,
    /// because a log on a disk may take its time.
    private func tellLog() {
        telling.withLock { _ in
            let turns = shared.withLock { shared in
                defer { shared.turns = [] }
                return shared.turns
            }
            for conditions in turns {
                logger?.notice(
                    conditions.isReady ? "serving" : "not serving",
                    metadata: conditions.obstacle.map { ["reason": "\($0)"] } ?? [:])
            }
        }
    }
}
