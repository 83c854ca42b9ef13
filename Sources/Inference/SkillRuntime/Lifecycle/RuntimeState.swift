// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import GRPCWire
import HealthProtocol
import Inference
import Logging
import Models
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
        /// What the log was told last of readiness, and when.
        fileprivate var announced: (obstacle: Obstacle?, at: MonotonicTime)?
        /// What the log is to be told of the present change.
        fileprivate var news: [News] = []

        /// The file of a model, when it is loaded.
        func file(_ index: Int) -> ModelFile? { files.indices.contains(index) ? files[index] : nil }

        /// The model of this name, which is the same everywhere.
        func index(ofModel name: some Sequence<UInt8>) throws(Status) -> Int {
            let models = conditions.models
            if let index = models.firstIndex(where: { $0.name.utf8.elementsEqual(name) }) {
                return index
            }
            let names = models.map { $0.name }.joined(separator: ", ")
            throw Status(.notFound, "unknown model: there are \(names)")
        }

        var isDraining: Bool { phase >= .draining }

        /// A health name of the runtime, and what keeps it from SERVING; nil when there is no such name.
        func health(of name: UnsafeRawBufferPointer) -> (name: String, obstacle: Obstacle?)? {
            conditions.obstacles.first { $0.name.utf8.elementsEqual(name) }.map {
                ($0.name, isDraining ? .draining : $0.obstacle)
            }
        }

        /// Has the log told of a change, in the same step: before what follows from it.
        mutating func tell(
            _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]
        ) {
            news.append(News(level: level, message: message, metadata: metadata))
        }

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
    /// The memory that the process holds, looked at every second: a call does no system calls.
    let residentBytes = Atomic<UInt64>(0)
    private let reporter: HealthReporter
    private let logger: Logger?
    private let shared: Mutex<Shared>
    /// Held by whoever tells the log.
    private let telling = Mutex(())

    /// A line for the log.
    fileprivate struct News: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: Logger.Metadata
    }

    private struct Shared {
        var snapshot: Snapshot
        /// What the log was not told yet, in the order of the changes.
        var news: [News] = []
    }

    /// Between two lines that only tell of another reason.
    static let leastPause = Duration.seconds(1)

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
    ///
    /// A reason of NOT_SERVING that changed within ``leastPause`` is told by the next update after it.
    @discardableResult
    func update<Result: Sendable>(
        at now: MonotonicTime = .now(), _ body: (inout Snapshot) -> Result
    ) -> Result {
        let (result, hasNews) = shared.withLock { shared in
            let before = shared.snapshot.phase
            let result = body(&shared.snapshot)
            if !shared.snapshot.isDraining {
                reporter.set(shared.snapshot.conditions.statuses)
                turn(&shared.snapshot, now)
            } else if before < .draining {
                reporter.shutdown()
            }
            shared.news += shared.snapshot.news
            shared.snapshot.news = []
            return (result, !shared.news.isEmpty)
        }
        if hasNews { tellLog() }
        return result
    }

    /// Whether readiness is another than the one that the log was told, or has another reason. A start is no turn before
    /// it is over.
    private func turn(_ snapshot: inout Snapshot, _ now: MonotonicTime) {
        guard snapshot.phase == .running else { return }
        let obstacle = snapshot.conditions.obstacle
        let announced = snapshot.announced
        let isTurn = announced == nil || (announced?.obstacle == nil) != (obstacle == nil)
        if !isTurn {
            guard let announced, let obstacle, obstacle.isAnother(than: announced.obstacle),
                now - announced.at >= Self.leastPause
            else { return }
        }
        snapshot.announced = (obstacle, now)
        guard let obstacle else {
            if snapshot.coldStart == nil { snapshot.coldStart = now - startTime }
            return snapshot.tell(.notice, "serving")
        }
        snapshot.tell(
            .notice, isTurn ? "not serving" : "still not serving", ["reason": "\(obstacle.text)"])
    }

    /// In the order of the changes, on any thread: the last line is the verdict. Not under the lock of the state,
    /// because a log on a disk may take its time.
    private func tellLog() {
        telling.withLock { _ in
            let news = shared.withLock { shared in
                defer { shared.news = [] }
                return shared.news
            }
            for line in news {
                logger?.log(
                    level: line.level, "\(line.message)", metadata: line.metadata)
            }
        }
    }
}
