// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Settings
import SystemIO
import Text

/// Files in the settings that other users of this machine can read or change.
enum LocalTrust {
    /// A warning for each file that is too open, in one line.
    static func warnings(of options: RuntimeOptions) -> [SettingProblem] {
        var warnings: [SettingProblem] = []
        for (setting, address) in [
            ("admin", options.network.admin), ("health-addr", options.network.health),
            ("http-addr", options.network.http),
            ("json-socket", options.network.json),
        ] {
            guard let address, let folder = address.folder,
                let mode = mode(of: folder)
            else { continue }
            let name = "--\(setting) \(PrintableText.escaped(address.text, limit: 200))"
            warnings.append(
                SettingProblem(
                    "\(name): every user may make files in its folder (mode \(mode)): use a folder of "
                        + "this user's own", about: setting))
        }
        let files = [
            ("tls-cert", options.tls.certificate, false), ("tls-key", options.tls.key, true),
            ("tls-client-ca", options.tls.clientCA, false),
            ("openai-key-file", options.backend.key.path ?? "", true),
            ("openai-ca", options.backend.ca, false),
        ]
        for (setting, path, isSecret) in files where !path.isEmpty {
            let problem = SettingProblem.ofFile(
                path, isSecret: isSecret, as: "--\(setting)", about: setting)
            if let problem { warnings.append(problem) }
        }
        return warnings
    }

    /// The mode of a folder that is too open, as `chmod` writes it. One that cannot be examined fails when it is used.
    private static func mode(of path: String) -> String? {
        guard let permissions = try? FilePermissions.of(path), permissions.everyoneMayWrite else {
            return nil
        }
        return String(permissions.mode, radix: 8)
    }
}
