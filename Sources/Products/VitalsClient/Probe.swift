// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProbe

/// One run of the probe within this process.
public enum Probe {
    /// What it came to.
    public struct Result: Sendable {
        /// The code that `grpc_health_probe` exits with: 0 is SERVING.
        public let exitCode: Int32
        /// What it prints on standard output: the object of `-json`, the names of `-list`, the text of `-version`; else empty.
        public let output: String
        /// What it prints on standard error: the status, or what failed and why.
        public let text: String
    }

    /// Does what `grpc_health_probe` does with these arguments, such as `["-addr", "127.0.0.1:50051"]`. Blocks until its
    /// time-outs are over at most.
    public static func run(_ arguments: [String]) -> Result {
        switch ProbeInvocation(arguments: arguments) {
        case .printOutput(let text):
            return Result(exitCode: ProbeExitCode.serving.rawValue, output: text, text: "")
        case .refuse(let text):
            return Result(
                exitCode: ProbeExitCode.invalidArguments.rawValue, output: "", text: text)
        case .check(let options):
            var run = ProbeRun(options) { _ in }
            let report = run.run()
            return Result(
                exitCode: options.output.exitProfile.status(report.verdict.exitCode),
                output: report.output(options), text: report.text)
        }
    }
}
