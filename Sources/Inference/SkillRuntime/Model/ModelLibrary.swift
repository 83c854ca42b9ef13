// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import SystemIO

/// The runtime's models: opens and checks their files, swaps a good new one in, looks after those in use, and warms
/// them up.
///
/// Belongs to a loop of its own, which serves nobody and may wait for a disk for as long as that takes: health and
/// requests go on meanwhile.
final class ModelLibrary {
    /// How it treats the files.
    struct Rules: Sendable {
        /// Load a file also when it is larger than the memory that is left.
        var skipsMemoryCheck = false
        /// Reload when a name leads to another file than the one that was opened.
        var reloadsOnChange = false
        var warmUp = WarmUp.off
    }

    /// Whether the files are read once, and who waits for it.
    enum WarmUp: String, CaseIterable, Sendable {
        case off
        case background
        /// `startup` is SERVING when it is done.
        case startup
    }

    /// One of the models.
    private struct Entry {
        let source: ModelSource
        var file: ModelFile?
        /// The file that the name leads to.
        var name = FileChange<[FileStatus]>()
        /// The file that is in use, whatever name it has.
        var mapped = FileChange<[FileStatus]>()
        var warmUp: ModelWarmUp?
    }

    private var entries: [Entry]
    private let rules: Rules
    private let state: RuntimeState
    private let loop: EventLoop
    private let logger: Logger

    private static let lookInterval = Duration.seconds(1)

    init(
        _ sources: [ModelSource], _ rules: Rules, state: RuntimeState, loop: EventLoop,
        logger: Logger
    ) {
        self.entries = sources.map { Entry(source: $0) }
        self.rules = rules
        self.state = state
        self.loop = loop
        self.logger = logger
    }

    // MARK: On its loop

    /// Loads every model for the first time, and looks after them from then on.
    func loadFirst() {
        for index in entries.indices {
            do throws(ModelError) {
                try load(index) { $0.tell(.info, "model loaded", $1.description) }
            } catch {
                state.update {
                    $0.drop(index, .failed(reason: error.reason))
                    $0.tell(.error, "model not loaded", ["reason": "\(error.text)"])
                }
            }
        }
        state.update {
            $0.phase = max($0.phase, .running)
            hasLoaded(&$0)
        }
        giveBackMemory()
        scheduleLook()
    }

    /// Opens every file anew. The old model serves until the new one can, and goes on when it cannot.
    func reload() {
        for index in entries.indices { try? reload(index) }
    }

    /// Lets go of a model; a reload brings it back.
    func unload(_ index: Int) {
        entries[index].file = nil
        entries[index].warmUp = nil
        let name = entries[index].source.name
        state.update {
            $0.drop(index, .unloaded)
            $0.tell(.notice, "model unloaded", ["name": "\(name)"])
        }
    }

    /// Opens the file of one model anew. Throws what is wrong with it; what was loaded before then goes on serving.
    func reload(_ index: Int) throws(ModelError) {
        if state.current.isDraining { return }
        defer { giveBackMemory() }
        do throws(ModelError) {
            try load(index) {
                $0.reloaded(index, failure: nil)
                $0.tell(.notice, "model reloaded", $1.description)
            }
        } catch {
            refuse(index, error)
            throw error
        }
    }

    /// A reload that failed.
    private func refuse(_ index: Int, _ error: ModelError) {
        let old = entries[index].file
        state.update {
            if old == nil { $0.drop(index, .failed(reason: error.reason)) }
            $0.reloaded(index, failure: error.reason)
            $0.tell(
                .error, "reload failed",
                ["reason": "\(error.text)", "serving": "\(old?.path ?? "none")"])
        }
        // What was written into the file in use is the same to its mapping.
        lookAtMapping(index)
    }

    /// What `record` notes of it is seen together with the model.
    private func load(
        _ index: Int, record: @Sendable (inout RuntimeState.Snapshot, ModelFile) -> Void
    ) throws(ModelError) {
        if entries[index].file == nil { state.update { $0.drop(index, .loading) } }
        let source = entries[index].source
        let locator = try ModelLocator(path: source.path, name: source.name)
        let path = try locator.locate()
        // Before it is opened: what changes meanwhile is seen at the next look.
        entries[index].name.opened(Self.statuses(at: path))
        let model = try ModelFile(opening: path) { (size) throws(ModelError) in
            try checkRoom(for: size, path)
        }
        entries[index].file = model
        entries[index].mapped.opened(model.statuses)
        entries[index].warmUp = nil
        if rules.warmUp != .off { startWarmUp(index) }
        // In one go: nobody sees a server that is ready and has not started.
        state.update {
            $0.use(model, at: index)
            record(&$0, model)
            hasLoaded(&$0)
        }
    }

    /// Mapped pages are page cache, which goes when it must: a model needs memory for its file, but may take that
    /// of any other file. One that is larger would be read from the disk again and again.
    private func checkRoom(for size: UInt64, _ path: String) throws(ModelError) {
        if rules.skipsMemoryCheck { return }
        var memory = AvailableMemory()
        // What cannot be measured is the business of the memory gate.
        guard let sample = try? memory.sampleForFiles(), size > sample.availableBytes else {
            return
        }
        throw .noRoom(path: path, needed: size, available: sample)
    }

    /// What a load needed of it, and nothing else does.
    private func giveBackMemory() {
        FreeMemory.release()
        ProcessMemory.giveBackProgram()
    }

    private func hasLoaded(_ snapshot: inout RuntimeState.Snapshot) {
        if rules.warmUp == .startup, entries.contains(where: { $0.warmUp != nil }) { return }
        let isMissing = snapshot.conditions.models.contains { $0.isRequired && $0.state != .loaded }
        if !isMissing { snapshot.conditions.hasStarted = true }
    }

    // MARK: Looks

    private func scheduleLook() {
        _ = loop.schedule(at: .now() + Self.lookInterval) { [weak self] in
            guard let self, !state.current.isDraining else { return }
            for index in entries.indices { lookAtMapping(index) }
            if rules.reloadsOnChange { lookAtNames() }
            scheduleLook()
        }
    }

    private func lookAtNames() {
        let changed = entries.indices.filter { index in
            let source = entries[index].source
            let path = try? ModelLocator(path: source.path, name: source.name).locate()
            return entries[index].name.look(path.flatMap { Self.statuses(at: $0) })
        }
        for index in changed { try? reload(index) }
    }

    /// Of the files that a model's name leads to; nil when one is missing.
    private static func statuses(at path: String) -> [FileStatus]? {
        let statuses = ModelParts.paths(path).map { try? FileStatus.of($0) }
        return statuses.contains { $0 == nil } ? nil : statuses.compactMap { $0 }
    }

    /// The file behind a mapping may be truncated or written by anybody who may write it.
    private func lookAtMapping(_ index: Int) {
        guard let model = entries[index].file else { return }
        do throws(ModelError) {
            let status = try model.look()
            guard entries[index].mapped.look(status) else { return }
            try model.checkAgain()
            logger.warning(
                "model file written while in use: rename a new file over it instead",
                metadata: ["path": "\(model.path)"])
        } catch {
            entries[index].file = nil
            entries[index].warmUp = nil
            state.update {
                $0.drop(index, .failed(reason: error.reason))
                $0.tell(.error, "model lost", ["reason": "\(error.text)"])
            }
        }
    }

    // MARK: Warm-up

    private func startWarmUp(_ index: Int) {
        guard let model = entries[index].file else { return }
        entries[index].warmUp = ModelWarmUp(model)
        logger.info("warming up", metadata: ["path": "\(model.path)"])
        warm(index, since: .now())
    }

    /// A part at each turn, so that a reload or a look can come between.
    private func warm(_ index: Int, since start: MonotonicTime) {
        let model = entries[index].warmUp?.model
        _ = loop.schedule(at: .now()) { [weak self] in
            guard let self, let model, entries[index].warmUp?.model === model,
                !state.current.isDraining
            else { return }
            switch entries[index].warmUp?.step() {
            case .more: return warm(index, since: start)
            case .finished:
                logger.info(
                    "warm",
                    metadata: [
                        "path": "\(model.path)", "bytes": .stringConvertible(model.fileSize),
                        "took": "\(MonotonicTime.now() - start)",
                    ])
            case .cannotGoOn(let error):
                logger.error("not warmed up", metadata: ["reason": "\(error.text)"])
            case nil: return
            }
            entries[index].warmUp = nil
            state.update { self.hasLoaded(&$0) }
        }
    }
}

extension ModelFile {
    /// For the log.
    fileprivate var description: Logger.Metadata {
        [
            "path": "\(path)", "name": "\(name ?? "")", "architecture": "\(architecture ?? "")",
            "tensors": .stringConvertible(tensorCount), "bytes": .stringConvertible(fileSize),
        ]
    }
}
