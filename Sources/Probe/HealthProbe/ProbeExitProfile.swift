// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Who reads the exit code.
package enum ProbeExitProfile: Equatable, Sendable {
    /// Upstream's codes, each with its meaning.
    case standard
    /// Docker's: 0 for healthy, 1 for anything else; 2 is reserved there.
    case docker

    /// The number to exit with.
    package func status(_ code: ProbeExitCode) -> Int32 {
        switch self {
        case .standard: code.rawValue
        case .docker: code == .serving ? 0 : 1
        }
    }
}
