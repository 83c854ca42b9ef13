// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
package import Flags

/// Checks that run once.
extension CheckSetting {
    private static let times = ["interval", "timeout", "fall", "rise", "detect-within"]

    /// Reads a check in one line, as ``init(line:_:)``. It has no times of its own.
    package init(oneShot line: String, _ kinds: CheckKinds) throws(FlagValueError) {
        do throws(CheckOptionError) {
            var options = try CheckLine.options(line)
            if let name = options.all.map(\.name).first(where: Self.times.contains) {
                throw CheckOptionError(
                    name, "says nothing here: the check runs once; use --timeout for its time")
            }
            try self.init(&options, kinds)
        } catch {
            throw FlagValueError(error.text)
        }
    }

    /// A check of a kind with a target, as in a flag of the kind, and with this option.
    package init(
        oneShot kind: String, target: String, _ option: (name: String, value: String)? = nil,
        _ kinds: CheckKinds
    ) throws(FlagValueError) {
        var options = CheckOptions()
        options.add("kind", kind)
        options.add("target", target)
        if let option { options.add(option.name, option.value) }
        do throws(CheckOptionError) {
            try self.init(&options, kinds)
        } catch {
            throw FlagValueError(error.text)
        }
    }
}
