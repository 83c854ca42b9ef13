// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import SystemIO

/// A password of a check: in the URL, in a file, or in a variable of the environment.
enum CheckSecret {
    /// Takes `password-file` and `password-env`; without them it is the URL's. Spaces and ends of line around it are left out.
    static func take(
        _ options: inout CheckOptions, url: TargetURL
    ) throws(CheckOptionError) -> String? {
        let (path, variable) = (try options.take("password-file"), try options.take("password-env"))
        let sources = [path, variable, url.password].compactMap(\.self)
        guard sources.count <= 1 else {
            throw CheckOptionError(
                "password-file",
                "is one of several passwords: give one, by password-file, password-env or URL")
        }
        if let path {
            do throws(SystemCallError) {
                let bytes = try FileDescriptor.open(path).readAll(limit: 64 << 10)
                return trimmed(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw CheckOptionError("password-file", "cannot be read: \(error.text)")
            }
        }
        if let variable {
            guard let value = ProgramEnvironment.variables({ $0 == variable })[variable] else {
                throw CheckOptionError("password-env", "names a variable that is not set")
            }
            return trimmed(value)
        }
        return url.password
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(decoding: bytes.drop(while: isBlank), as: UTF8.self)
    }
}
