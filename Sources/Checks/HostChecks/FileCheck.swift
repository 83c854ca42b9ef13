// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import Flags
import StatusBoard
import SystemIO
import Text

/// The check of kind `file`: a file is there, fresh, of a size, and says something.
///
/// Options: `max-age` (since its last change), `min-size`, `max-size`, `contains` (a text, repeatable).
package struct FileCheck: CheckKind {
    private let path: String
    private let oldestAge: Duration?
    private let sizes: ClosedRange<UInt64>
    private let texts: [String]
    private let root: String

    /// Bytes of the contents that are looked at.
    static let contentLimit = 256 << 10

    /// Reads the target and its options. `root` is a folder to take for `/`.
    package init(
        _ target: String, _ options: CheckOptions, root: String = ""
    ) throws(CheckOptionError) {
        var options = options
        path = try .absolutePath(target)
        self.root = root
        oldestAge = try options.take("max-age", "a duration such as 30s or 24h") { text in
            Duration(goText: text).flatMap { $0 >= .zero ? $0 : nil }
        }
        let least = try options.takeSize("min-size") ?? 0
        let most = try options.takeSize("max-size") ?? .max
        guard least <= most else {
            throw CheckOptionError("min-size", "is more than max-size")
        }
        sizes = least...most
        texts = options.takeAll("contains")
        try options.checkEmpty()
    }

    package var targetText: String { path }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        BlockingCheck(on: context.loop) { [self] _ in result(at: .now()) }
    }

    /// What is found at a moment. Blocks.
    func result(at now: Timestamp) -> CheckResult {
        do throws(SystemCallError) {
            let status = try FileStatus.of(root + path)
            return try result(of: status, at: now)
        } catch {
            if error.errno == .noSuchFile { return CheckResult(.unhealthy, "it is missing") }
            return CheckResult(.unhealthy, "it cannot be read: \(error.text)")
        }
    }

    private func result(
        of status: FileStatus, at now: Timestamp
    ) throws(SystemCallError) -> CheckResult {
        // The time of a change may be ahead of the clock, on a disk of another machine.
        let (difference, isBeyond) = now.seconds.subtractingReportingOverflow(
            Int64(status.modifiedSeconds))
        let age = isBeyond ? Int64.max : max(0, difference)
        let details = ["age_seconds": String(age), "size": String(status.size)]
        if let oldestAge, Duration.seconds(age) > oldestAge {
            return CheckResult(
                .unhealthy,
                "its last change is \(Duration.seconds(age).goText) ago, more than \(oldestAge.goText)",
                details: details)
        }
        if let cause = try contentFault() {
            return CheckResult(.unhealthy, cause, details: details)
        }
        guard sizes.contains(status.size) else {
            let limit = status.size < sizes.lowerBound ? sizes.lowerBound : sizes.upperBound
            let comparison = status.size < sizes.lowerBound ? "less" : "more"
            return CheckResult(
                .degraded, "it has \(status.size) bytes, \(comparison) than \(limit)",
                details: details)
        }
        return CheckResult(.healthy, details: details)
    }

    /// Which text is missing; nil when all are there.
    private func contentFault() throws(SystemCallError) -> String? {
        if texts.isEmpty { return nil }
        let contents = try FileDescriptor.openWithoutWaiting(root + path)
            .readAll(limit: Self.contentLimit)
        let missing = texts.first { !contents.contains(sequence: Array($0.utf8)) }
        guard let missing else { return nil }
        let shown = PrintableText.quoted(PrintableText.prefix(of: missing, bytes: 100))
        return contents.count < Self.contentLimit
            ? "it does not contain \(shown)"
            : "its first \(Self.contentLimit >> 10) KiB do not contain \(shown)"
    }
}

extension String {
    /// A target that is a path from the root.
    static func absolutePath(_ target: String) throws(CheckOptionError) -> String {
        guard target.utf8.first == UInt8(ascii: "/"), !target.utf8.contains(0) else {
            throw CheckOptionError("target", "is no absolute path: begin it with /")
        }
        return target
    }
}

extension CheckOptions {
    /// Takes a number of bytes.
    mutating func takeSize(_ name: String) throws(CheckOptionError) -> UInt64? {
        try take(name, "a size such as 10KiB, or a number of bytes with B") { text in
            (try? FlagValue.size(text)).map { UInt64(clamping: $0) }
        }
    }
}

extension [UInt8] {
    /// The bytes are in it, one after the other.
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        guard let first = sequence.first else { return true }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first) {
            if self[found...].starts(with: sequence) { return true }
            start = found + 1
        }
        return false
    }
}
