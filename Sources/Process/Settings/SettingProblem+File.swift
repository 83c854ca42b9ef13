// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

extension SettingProblem {
    /// A file of the settings that other users of this machine can change; a secret also where they can read it. Nil for one that
    /// is safe, and one that cannot be examined: that fails when it is read. `name` is how the setting is written.
    package static func ofFile(
        _ path: String, isSecret: Bool, as name: String, about setting: String
    ) -> SettingProblem? {
        guard let permissions = try? FilePermissions.of(path) else { return nil }
        let shown = "\(name) \(PrintableText.escaped(path, limit: 200))"
        let mode = String(permissions.mode, radix: 8)
        if permissions.everyoneMayWrite {
            return SettingProblem(
                "\(shown) can be changed by every user (mode \(mode)): chmod o-w", about: setting)
        }
        if isSecret, permissions.everyoneMayRead {
            return SettingProblem(
                "\(shown) can be read by every user (mode \(mode)): chmod o-r", about: setting)
        }
        return nil
    }
}
