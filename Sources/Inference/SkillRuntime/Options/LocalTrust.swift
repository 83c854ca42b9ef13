// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoverySettings
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
                let mode = mode(of: folder, where: \.everyoneMayWrite)
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
            ("registry-token-file", options.registration.served.token.path ?? "", true),
            ("openai-ca", options.backend.ca, false),
        ]
        for (setting, path, isSecret) in files where !path.isEmpty {
            let name = "--\(setting) \(PrintableText.escaped(path, limit: 200))"
            if let mode = mode(of: path, where: \.everyoneMayWrite) {
                warnings.append(
                    SettingProblem(
                        "\(name) can be changed by every user (mode \(mode)): chmod o-w",
                        about: setting))
            } else if isSecret, let mode = mode(of: path, where: \.everyoneMayRead) {
                warnings.append(
                    SettingProblem(
                        "\(name) can be read by every user (mode \(mode)): chmod o-r",
                        about: setting))
            }
        }
        return warnings
    }

    /// The mode of a file that is too open, as `chmod` writes it. A file that cannot be examined fails when it is read.
    private static func mode(
        of path: String, where isTooOpen: (FilePermissions) -> Bool
    ) -> String? {
        guard let permissions = try? FilePermissions.of(path), isTooOpen(permissions) else {
            return nil
        }
        return String(permissions.mode, radix: 8)
    }
}
