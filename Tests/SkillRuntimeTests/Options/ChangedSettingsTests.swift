// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings
import Testing

@testable import SkillRuntime

@Suite("The settings in the log")
struct ChangedSettingsTests {
    @Test(
        "They are all that differ from the defaults, also where they were not given",
        arguments: [
            ["--demo"], ["--model", "chat.gguf", "--drain-grace", "20s"],
            ["--skill", "chat", "--workers", "3", "--port", "0", "--check", "tcp:localhost:1"],
            [
                "--demo", "--max-connections", "100", "--require-model=false", "--admin",
                "127.0.0.1:0",
            ],
        ], [nil, 64 << 20] as [UInt64?])
    func changes(_ arguments: [String], _ memoryLimit: UInt64?) throws {
        let table = RuntimeOptions.settings(memoryLimit: memoryLimit)
        let reading = table.read(arguments: arguments, environment: [:])
        #expect(reading.problems.isEmpty)
        var options = reading.options
        options.given = reading.given
        _ = options.fitConnections(toDescriptors: 128, loops: 2)
        options.models.path = "/found"
        let all = RuntimeOptions.settings.changes(in: options)
        #expect(Set(options.changedSettings.keys) == Set(all.map(\.name)))
        #expect(!all.isEmpty)
    }
}
