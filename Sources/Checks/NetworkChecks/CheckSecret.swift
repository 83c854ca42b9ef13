// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import SystemIO

/// A secret of a check: in a file, in a variable of the environment, or in the URL.
enum CheckSecret {
    /// Takes `password-file` and `password-env`; without them it is the URL's.
    static func take(
        _ options: inout CheckOptions, url: TargetURL
    ) throws(CheckOptionError) -> String? {
        try take("password", &options, inURL: url.password)
    }

    /// Takes `NAME-file` and `NAME-env`. Spaces and ends of line around the secret are left out.
    static func take(
        _ name: String, _ options: inout CheckOptions, inURL: String? = nil
    ) throws(CheckOptionError) -> String? {
        let (file, environment) = (name + "-file", name + "-env")
        let (path, variable) = (try options.take(file), try options.take(environment))
        let sources = [path, variable, inURL].compactMap(\.self)
        guard sources.count <= 1 else {
            let ways = "\(file)\(inURL == nil ? " or" : ",") \(environment)"
            throw CheckOptionError(
                file,
                "is one of several: give one, by \(ways)\(inURL == nil ? "" : " or URL")")
        }
        if let path {
            do throws(SystemCallError) {
                let bytes = try FileDescriptor.open(path).readAll(limit: 64 << 10)
                return trimmed(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw CheckOptionError(file, "cannot be read: \(error.text)")
            }
        }
        if let variable {
            guard let value = ProgramEnvironment.variables({ $0 == variable })[variable] else {
                throw CheckOptionError(environment, "names a variable that is not set")
            }
            return trimmed(value)
        }
        return inURL
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(decoding: bytes.drop(while: isBlank), as: UTF8.self)
    }
}
