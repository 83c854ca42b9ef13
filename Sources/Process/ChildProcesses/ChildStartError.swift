// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// A program that could not be started.
package struct ChildStartError: Error, Equatable, Sendable {
    /// What failed, such as "exec".
    package let failure: SystemCallError
    /// The program is the reason, and not a lack of processes or memory.
    package let isProgramAtFault: Bool

    package init(failure: SystemCallError, isProgramAtFault: Bool) {
        self.failure = failure
        self.isProgramAtFault = isProgramAtFault
    }

    /// The exit status that shells use: 127 for no such program, 126 for one that cannot be run; 125 when this process is the
    /// one that failed.
    package var exitCode: CInt {
        guard isProgramAtFault else { return 125 }
        return failure.errno == .noSuchFile || failure.errno == .notADirectory ? 127 : 126
    }
}
