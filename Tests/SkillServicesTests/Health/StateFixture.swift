// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import Logging
import StatusBoard
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
