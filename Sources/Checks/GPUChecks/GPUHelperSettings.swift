// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// How the helper is started.
struct GPUHelperSettings: Equatable, Sendable {
    /// The program that was named; nil for the usual one.
    var program: String?
    /// A device by its number or UUID; nil for all.
    var device: String?
    /// How long the first answer may take.
    var start = Duration.seconds(30)

    /// The program.
    var path: String { program ?? HelperPath.find() }

    /// The program with its argument.
    var command: [String] { [path] + (device.map { [$0] } ?? []) }

    /// Why it could not be started, and what to do.
    func unstarted(_ error: SystemCallError) -> String {
        guard error.errno == .noSuchFile else { return "\(path): \(error.errno.text)" }
        return
            "\(path) is missing: install \(HelperPath.name) beside this program, or name it with helper=PATH"
    }
}
