// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import StatusBoard
import SystemIO
import Text

/// The check of kind `process`: a process runs, by its name or by a file with its number.
///
/// Options: `min` (1) and `max`, how many of the name there are; `program`, the name that the process of the file has to have.
package struct ProcessCheck: CheckKind {
    private enum Target: Sendable {
        case name(String)
        /// A file with the number, and the name that the process has to have.
        case file(String, program: String?)
    }

    private let target: Target
    private let counts: ClosedRange<Int>
    private let table: ProcessTable

    package let targetText: String

    /// Reads the target, a path or a name, and its options. `root` is a folder to take for `/`.
    package init(
        _ target: String, _ options: CheckOptions, root: String = ""
    ) throws(CheckOptionError) {
        var options = options
        targetText = target
        table = ProcessTable(root: root)
        guard !target.utf8.contains(0) else { throw CheckOptionError("target", "has a NUL byte") }
        if target.utf8.first == UInt8(ascii: "/") {
            self.target = .file(target, program: try options.take("program"))
            counts = 1...1
        } else {
            guard !target.utf8.contains(UInt8(ascii: "/")) else {
                throw CheckOptionError(
                    "target", "is neither a name nor an absolute path: use nginx or /run/nginx.pid")
            }
            self.target = .name(target)
            let least = try Self.count("min", &options) ?? 1
            let most = try Self.count("max", &options) ?? .max
            guard least <= most else { throw CheckOptionError("min", "is more than max") }
            counts = least...most
        }
        try options.checkEmpty()
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        BlockingCheck(on: context.loop) { [self] _ in result() }
    }

    /// What is found now. Blocks.
    func result() -> CheckResult {
        switch target {
        case .name(let name): result(of: table.entries(named: name))
        case .file(let path, let program): result(ofFile: path, program)
        }
    }

    private func result(of found: [ProcessTable.Entry]) -> CheckResult {
        let details = ["count": String(found.count)]
        if found.isEmpty, counts.lowerBound > 0 {
            return CheckResult(.unhealthy, "no process of this name runs", details: details)
        }
        guard counts.contains(found.count) else {
            let limit =
                found.count < counts.lowerBound
                ? "less than \(counts.lowerBound)" : "more than \(counts.upperBound)"
            return CheckResult(
                .degraded, "\(found.count) processes of this name run, \(limit)", details: details)
        }
        if let stopped = found.first(where: \.isStopped) { return .stopped(stopped, details) }
        return CheckResult(.healthy, details: details)
    }

    private func result(ofFile path: String, _ program: String?) -> CheckResult {
        let number: Int
        do throws(SystemCallError) {
            // A number has few digits: what is longer is none.
            let bytes = try FileDescriptor.openWithoutWaiting(table.root + path).readAll(limit: 64)
            let digits = bytes.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
            guard let read = Int(String(decoding: digits, as: UTF8.self)), read > 0 else {
                return CheckResult(.unhealthy, "its file has no number of a process")
            }
            number = read
        } catch {
            if error.errno == .noSuchFile {
                return CheckResult(.unhealthy, "its file is missing")
            }
            return CheckResult(.unhealthy, "its file cannot be read: \(error.text)")
        }
        let details = ["pid": String(number)]
        guard let entry = table.entry(number), !entry.hasEnded else {
            return CheckResult(.unhealthy, "process \(number) does not run", details: details)
        }
        if let program, !table.isOf(program, entry) {
            let shown = PrintableText.quoted(entry.name)
            return CheckResult(
                .unhealthy, "process \(number) is another program: \(shown)", details: details)
        }
        return entry.isStopped ? .stopped(entry, details) : CheckResult(.healthy, details: details)
    }

    private static func count(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> Int? {
        try options.take(name, "a number from 0 to 1000000") { text in
            Int(text).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        }
    }
}

extension CheckResult {
    fileprivate static func stopped(
        _ entry: ProcessTable.Entry, _ details: [String: String]
    ) -> CheckResult {
        CheckResult(.unhealthy, "process \(entry.number) is stopped", details: details)
    }
}
