// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
package import Flags

/// Checks that run once. What asks wants yes or no: where a kind takes one wrong answer for a service that is less well than it
/// should be, here it has failed, unless an option says otherwise.
extension CheckSetting {
    private static let times = ["interval", "timeout", "fall", "rise", "detect-within"]
    private static let defaults = [
        "http": (option: "wrong-status", value: "unhealthy"),
        "exec": (option: "degraded-on-1", value: "false"),
    ]

    /// Reads a check in one line, as ``init(line:_:)``. It has no times of its own.
    package init(oneShot line: String, _ kinds: CheckKinds) throws(FlagValueError) {
        do throws(CheckOptionError) {
            let options = try CheckLine.options(line)
            if let name = options.all.map(\.name).first(where: Self.times.contains) {
                throw CheckOptionError(
                    name, "says nothing here: the check runs once; use --timeout for its time")
            }
            try self.init(oneShot: options, kinds)
        } catch {
            throw FlagValueError(error.text)
        }
    }

    /// A check of a kind with a target, as in a flag of the kind, and these options.
    package init(
        oneShot kind: String, target: String, _ more: [String: String] = [:], _ kinds: CheckKinds
    ) throws(FlagValueError) {
        var options = CheckOptions(["kind": [kind], "target": [target]])
        for (name, value) in more { options.add(name, value) }
        do throws(CheckOptionError) {
            try self.init(oneShot: options, kinds)
        } catch {
            throw FlagValueError(error.text)
        }
    }

    private init(oneShot options: CheckOptions, _ kinds: CheckKinds) throws(CheckOptionError) {
        var options = options
        if let kind = options.values(of: "kind").first, let rule = Self.defaults[kind] {
            options.add(rule.option, rule.value)
        }
        try self.init(&options, kinds)
    }
}
