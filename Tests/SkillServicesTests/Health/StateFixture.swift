// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import Logging
import StatusBoard
import Synchronization
import SystemIO
import TestSupport

@testable import SkillServices

extension RuntimeHealth {
    /// Of a runtime with one model, without a model server.
    static var oneModel: RuntimeHealth {
        RuntimeHealth(
            models: [ModelList.Model(name: "m0")],
            checks: [
                Check(.memory, .healthy), Check(.queue, .healthy), Check(.maintenance, .healthy),
            ])
    }
}

extension RuntimeState {
    /// With one model, which is not loaded.
    convenience init(reporter: HealthReporter = HealthReporter(), logger: Logger = .silent) {
        self.init(.oneModel, startTime: .now(), reporter: reporter, logger: logger)
    }

    /// What keeps it from being ready, for a person; nil when nothing does.
    var obstacle: String? {
        guard let verdict = board.snapshot.verdict(of: HealthName.readiness), !verdict.isServing
        else { return nil }
        return verdict.outcome.text
    }
}

/// A log that keeps its lines.
final class RecordedLog: LogHandler, Sendable {
    private let lines = Mutex<[(message: String, reason: String?)]>([])
    var messages: [String] { lines.withLock { $0.map(\.message) } }
    var reasons: [String] { lines.withLock { $0.compactMap(\.reason) } }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logger: Logger { Logger(label: "test") { _ in self } }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let reason = event.metadata?["reason"].map { "\($0)" }
        lines.withLock { $0.append(("\(event.message)", reason)) }
    }
}
