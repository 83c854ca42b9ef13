// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import Flags

/// What the options of a check say of its timing; the rest is derived.
struct GivenTiming {
    private let detectWithin: Duration?
    private let interval: Duration?
    private let timeout: Duration?
    private let fall: Int
    private let rise: Int

    /// Takes the options.
    init(_ options: inout CheckOptions) throws(CheckOptionError) {
        detectWithin = try Self.duration("detect-within", &options)
        interval = try Self.duration("interval", &options)
        timeout = try Self.duration("timeout", &options)
        fall = try Self.count("fall", &options) ?? 3
        rise = try Self.count("rise", &options) ?? 2
    }

    /// The timing; `usual` is the kind's, where no option says within what time a target that hangs is to be found.
    func derived(_ usual: Duration) -> CheckTiming {
        CheckTiming(
            detectWithin: detectWithin ?? usual, interval: interval, timeout: timeout, fall: fall,
            rise: rise)
    }

    /// What is allowed, but probably a mistake.
    func warnings(of check: CheckDefinition, _ usual: Duration) -> [String] {
        let limit = detectWithin ?? usual
        let worst = check.timing.worstDetection
        guard check.isCritical || detectWithin != nil, worst > limit else { return [] }
        return [
            "the check \(check.name) finds a target that hangs only after \(worst.goText): with fall "
                + "\(check.timing.fall), detect-within \(limit.goText) needs a shorter interval or timeout"
        ]
    }

    private static func duration(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> Duration? {
        try options.take(name, "a duration from 10ms to 24h, such as 5s") { text in
            Duration(goText: text).flatMap {
                (.milliseconds(10) ... .seconds(86_400)).contains($0) ? $0 : nil
            }
        }
    }

    private static func count(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> Int? {
        try options.take(name, "a number from 1 to 100") { text in
            Int(text).flatMap { (1...100).contains($0) ? $0 : nil }
        }
    }
}
