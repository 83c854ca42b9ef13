// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import SystemIO

@Suite("The environment")
struct ProgramEnvironmentTests {
    @Test("A variable that is removed is not there any more, for children neither")
    func remove() {
        let name = "VITALS_TEST_REMOVED"
        setenv(name, "a=b", 1)
        #expect(ProgramEnvironment.variables { $0 == name } == [name: "a=b"])
        ProgramEnvironment.remove(name)
        #expect(ProgramEnvironment.variables { $0 == name } == [:])
        #expect(getenv(name) == nil)
    }
}
