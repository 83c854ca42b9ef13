// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HostMemory
package import Logging
import SystemIO

/// The runtime's models: opens and checks their files, replaces a file by a new good one, watches those in use, and
/// warms them up.
///
/// Belongs to a loop of its own, which may wait for a disk as long as that takes: health and requests have other loops.
package final class ModelLibrary {
    /// How it treats the files.
    package struct Rules: Sendable {
        /// Load a file also when it is larger than the available memory.
        package var skipsMemoryCheck: Bool
        /// Reload when a name leads to another file than the one that was opened.
        package var reloadsOnChange: Bool
        package var warmUp: WarmUp

        /// The defaults check the memory, and neither reload nor warm up.
        package init(
            skipsMemoryCheck: Bool = false, reloadsOnChange: Bool = false, warmUp: WarmUp = .off
        ) {
            self.skipsMemoryCheck = skipsMemoryCheck
            self.reloadsOnChange = reloadsOnChange
            self.warmUp = warmUp
        }
    }

    /// Whether the files are read once, and what waits for it.
    package enum WarmUp: String, CaseIterable, Sendable {
        case off
        case background
        /// The library is complete when it is done.
        case startup
    }

    /// What the library needs of its owner.
    package struct Delegate: Sendable {
        /// True while the process is about to end: then nothing is loaded.
        package var isStopping: @Sendable () -> Bool
        /// Takes events that become visible together.
        package var handle: @Sendable ([ModelEvent]) -> Void
        /// Called after a load, which needs memory that nothing else does.
        package var releaseMemory: @Sendable () -> Void

        /// A delegate of these three functions.
        package init(
            isStopping: @escaping @Sendable () -> Bool,
            handle: @escaping @Sendable ([ModelEvent]) -> Void,
            releaseMemory: @escaping @Sendable () -> Void = {}
        ) {
            self.isStopping = isStopping
            self.handle = handle
            self.releaseMemory = releaseMemory
        }
    }

    /// One of the models.
    struct Entry {
        let source: ModelSource
        var file: ModelFile?
        /// The file that the name leads to.
        var named = FileChange<[FileStatus]>()
        /// The file that is in use, whatever name it has.
        var mapped = FileChange<[FileStatus]>()
        var warmUp: ModelWarmUp?
    }

    var entries: [Entry]
    let rules: Rules
    let delegate: Delegate
    let loop: EventLoop
    let logger: Logger

    /// A library that has not loaded anything.
    package init(
        _ sources: [ModelSource], _ rules: Rules, delegate: Delegate, loop: EventLoop,
        logger: Logger
    ) {
        self.entries = sources.map { Entry(source: $0) }
        self.rules = rules
        self.delegate = delegate
        self.loop = loop
        self.logger = logger
    }

    /// Loads every model for the first time, and watches the files from then on.
    package func loadAll() {
        for index in entries.indices {
            do throws(ModelError) {
                try load(index) { .loaded(index, $0) }
            } catch {
                delegate.handle([.loadFailed(index, error)])
            }
        }
        delegate.handle([.firstLoadEnded] + completion)
        delegate.releaseMemory()
        scheduleCheck()
    }

    /// Opens every file anew. The old model serves until the new one can, and goes on when it cannot. What is wrong with
    /// each file, by the name of its model; nil when nothing is.
    @discardableResult
    package func reloadAll() -> [(name: String, error: ModelError?)] {
        entries.indices.map { index in
            do throws(ModelError) {
                try reload(index)
                return (entries[index].source.name, nil)
            } catch {
                return (entries[index].source.name, error)
            }
        }
    }

    /// Opens the file of one model anew. Throws what is wrong with it; what was loaded before then goes on serving.
    package func reload(_ index: Int) throws(ModelError) {
        if delegate.isStopping() { return }
        defer { delegate.releaseMemory() }
        do throws(ModelError) {
            try load(index) { .reloaded(index, $0) }
        } catch {
            delegate.handle([.reloadFailed(index, error, serving: entries[index].file)])
            // The same file may be the one in use.
            verifyMapping(index)
            throw error
        }
    }

    /// Closes the file of a model; a reload brings it back.
    package func unload(_ index: Int) {
        entries[index].file = nil
        entries[index].warmUp = nil
        delegate.handle([.unloaded(index)])
    }

    private func load(
        _ index: Int, event: (ModelFile) -> ModelEvent
    ) throws(ModelError) {
        if entries[index].file == nil { delegate.handle([.loading(index)]) }
        let source = entries[index].source
        let path = try ModelLocator(path: source.path, name: source.name).locate()
        // Before the file is opened: a change in the meantime is noticed by the next check.
        entries[index].named.opened(Self.statuses(at: path))
        let model = try ModelFile(opening: path) { (size) throws(ModelError) in
            try checkMemory(for: size, path)
        }
        entries[index].file = model
        entries[index].mapped.opened(model.statuses)
        entries[index].warmUp = nil
        if rules.warmUp != .off { startWarmUp(index, model) }
        delegate.handle([event(model)] + completion)
    }

    /// Mapped pages are page cache, which the kernel can evict: a model needs memory for its file, but may take that
    /// of any other file. A larger one would be read from the disk again and again.
    private func checkMemory(for size: UInt64, _ path: String) throws(ModelError) {
        if rules.skipsMemoryCheck { return }
        var memory = AvailableMemory()
        // Memory that cannot be measured makes the runtime not ready; that is enough.
        guard let sample = try? memory.sampleForFiles(), size > sample.availableBytes else {
            return
        }
        throw .noRoom(path: path, needed: size, available: sample)
    }

    /// The event of a complete library, if it is that.
    var completion: [ModelEvent] {
        let isComplete = entries.allSatisfy { entry in
            (entry.file != nil || !entry.source.isRequired)
                && (entry.warmUp == nil || rules.warmUp != .startup)
        }
        return isComplete ? [.complete] : []
    }
}
