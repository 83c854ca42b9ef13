// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import SystemIO

/// The files while they are in use: any process that may write them can truncate or change them.
extension ModelLibrary {
    private static var checkInterval: Duration { .seconds(1) }

    /// Checks the files regularly until the process stops.
    func scheduleCheck() {
        _ = loop.schedule(at: .now() + Self.checkInterval) { [weak self] in
            guard let self else { return }
            // A drain may be taken back: the checks go on then.
            if !delegate.isStopping() { checkFiles() }
            scheduleCheck()
        }
    }

    private func checkFiles() {
        for index in entries.indices { verifyMapping(index) }
        if rules.reloadsOnChange { reloadChanged() }
    }

    /// Reloads the models whose names lead to other files now.
    private func reloadChanged() {
        let changed = entries.indices.filter { index in
            let source = entries[index].source
            let path = try? ModelLocator(path: source.path, name: source.name).locate()
            return entries[index].named.observe(path.flatMap { Self.statuses(at: $0) })
        }
        for index in changed { try? reload(index) }
    }

    /// Of the files that a model's name leads to; nil when one is missing.
    static func statuses(at path: String) -> [FileStatus]? {
        let statuses = ModelParts.paths(path).map { try? FileStatus.of($0) }
        return statuses.contains { $0 == nil } ? nil : statuses.compactMap { $0 }
    }

    /// Drops a model whose file, as it is now, can no longer be served.
    func verifyMapping(_ index: Int) {
        guard let model = entries[index].file else { return }
        do throws(ModelError) {
            let statuses = try model.currentStatuses()
            guard entries[index].mapped.observe(statuses) else { return }
            try model.recheckHeaders()
            logger.warning(
                "model file written while in use: rename a new file over it instead",
                metadata: ["path": "\(model.path)"])
        } catch {
            entries[index].file = nil
            entries[index].warmUp = nil
            delegate.handle([.lost(index, error)])
        }
    }
}
