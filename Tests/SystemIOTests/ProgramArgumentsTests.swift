// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@Suite struct ProgramArgumentsTests {
    @Test("The arguments are those of the process, without its name")
    func sameAsCommandLine() {
        #expect(ProgramArguments.all == Array(CommandLine.arguments.dropFirst()))
    }
}
