// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Text

/// What the other users of this machine could do to the runtime by way of files that the settings name.
enum LocalTrust {
    /// A warning for each file that is too open, in one line.
    static func warnings(of options: RuntimeOptions) -> [String] {
        var warnings: [String] = []
        for (flag, address) in [
            ("--admin", options.admin), ("--health-addr", options.healthAddress),
        ] {
            guard let address, let folder = address.folder,
                let mode = mode(of: folder, where: \.everyoneMayWrite)
            else { continue }
            warnings.append(
                "\(flag) \(PrintableText.escaped(address.text, limit: 200)): every user may make files in "
                    + "its folder (mode \(mode)): use a folder of this user's own")
        }
        let files = [
            ("--tls-cert", options.tlsCertificate, false), ("--tls-key", options.tlsKey, true),
            ("--tls-client-ca", options.tlsClientCA, false),
            ("--openai-key-file", options.openAIKey.path ?? "", true),
            ("--openai-ca", options.openAICA, false),
        ]
        for (flag, path, isSecret) in files where !path.isEmpty {
            let name = "\(flag) \(PrintableText.escaped(path, limit: 200))"
            if let mode = mode(of: path, where: \.everyoneMayWrite) {
                warnings.append("\(name) can be changed by every user (mode \(mode)): chmod o-w")
            } else if isSecret, let mode = mode(of: path, where: \.everyoneMayRead) {
                warnings.append("\(name) can be read by every user (mode \(mode)): chmod o-r")
            }
        }
        return warnings
    }

    /// The mode of a file that is too open, as `chmod` has it. What cannot be looked at is told by who reads it.
    private static func mode(
        of path: String, where isTooOpen: (FilePermissions) -> Bool
    ) -> String? {
        guard let permissions = try? FilePermissions.of(path), isTooOpen(permissions) else {
            return nil
        }
        return String(permissions.mode, radix: 8)
    }
}
