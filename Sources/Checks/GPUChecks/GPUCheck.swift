// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import ChildProcesses
import Flags
import Text

/// The check of kind `gpu`: what NVIDIA's driver says of the GPUs of this machine.
///
/// Options: `helper` (the program that asks the driver), `count` (1), `memory` and `temperature` (limits), `ignore-xid` and
/// `critical-xid` (repeatable), `xid-hold` (5m), `start` (30s, of the driver).
package struct GPUCheck: CheckKind {
    let settings: GPUHelperSettings
    let limits: GPULimits
    let xids: XidRule

    /// Reads the target and its options.
    package init(_ target: String?, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        settings = GPUHelperSettings(
            program: try options.take("helper", "an absolute path") { text in
                text.utf8.first == UInt8(ascii: "/") && !text.utf8.contains(0) ? text : nil
            },
            device: try Self.device(target), start: try options.takePeriod("start") ?? .seconds(30))
        var limits = GPULimits()
        if let count = try options.take("count", "a number from 1 to 64", Self.number(1...64)) {
            if target != nil, count > 1 {
                throw CheckOptionError("count", "is for all GPUs: the target is one")
            }
            limits.count = count
        }
        limits.memory = try options.take(
            "memory", "a percentage from 1 to 100", Self.number(1...100)
        )
        .map(Double.init)
        limits.temperature = try options.take(
            "temperature", "degrees Celsius from 1 to 150", Self.number(1...150)
        ).map(UInt64.init)
        self.limits = limits
        xids = XidRule(
            critical: try Self.xids("critical-xid", &options),
            ignored: try Self.xids("ignore-xid", &options),
            hold: try options.takePeriod("xid-hold") ?? .seconds(300))
        try options.checkEmpty()
    }

    package var targetText: String { settings.device ?? "" }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        ChildSignals.begin(on: context.loop)
        return GPURunner(settings, limits, xids, on: context.loop)
    }

    private static func device(_ target: String?) throws(CheckOptionError) -> String? {
        guard let target else { return nil }
        if let index = Int(target), (0..<64).contains(index) { return String(index) }
        let hasPrefix = target.utf8.starts(with: "GPU-".utf8)
        let isWord = target.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
        if hasPrefix, isWord, target.utf8.count <= 80 { return target }
        let shown = PrintableText.quoted(PrintableText.prefix(of: target, bytes: 100))
        throw CheckOptionError(
            "target",
            "is \(shown): use the number of a GPU, or its UUID (GPU-...), or none for all; nvidia-smi -L has them"
        )
    }

    private static func number(_ range: ClosedRange<Int>) -> (String) -> Int? {
        { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    private static func xids(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> [Int] {
        var xids: [Int] = []
        for text in options.takeAll(name) {
            guard let xid = number(1...9999)(text) else {
                let shown = PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
                throw CheckOptionError(name, "is \(shown): use the number of an Xid, such as 31")
            }
            xids.append(xid)
        }
        guard xids.count <= 64 else { throw CheckOptionError(name, "is given more than 64 times") }
        return xids
    }
}

extension CheckOptions {
    fileprivate mutating func takePeriod(_ name: String) throws(CheckOptionError) -> Duration? {
        try take(name, "a duration from 1s to 24h, such as 30s") { text in
            Duration(goText: text).flatMap {
                (.seconds(1) ... .seconds(86_400)).contains($0) ? $0 : nil
            }
        }
    }
}
