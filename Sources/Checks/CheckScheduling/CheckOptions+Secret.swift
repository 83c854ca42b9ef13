// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

extension CheckOptions {
    /// Bytes of a file with a secret that are read.
    private static let secretLimit = 64 << 10

    /// Takes a secret that is in a file (`NAME-file`), in a variable of the environment (`NAME-env`), or where it may be,
    /// in the URL of the target; nil when there is none. Spaces and ends of line around it are left out.
    package mutating func takeSecret(
        _ name: String, inURL: String? = nil
    ) throws(CheckOptionError) -> String? {
        let (file, environment) = (name + "-file", name + "-env")
        let (path, variable) = (try take(file), try take(environment))
        let sources = [path, variable, inURL].compactMap(\.self)
        guard sources.count <= 1 else {
            let ways = "\(file)\(inURL == nil ? " or" : ",") \(environment)"
            throw CheckOptionError(
                file, "is one of several: give one, by \(ways)\(inURL == nil ? "" : " or URL")")
        }
        if let path {
            do throws(SystemCallError) {
                let bytes = try FileDescriptor.open(path).readAll(limit: Self.secretLimit)
                return Self.trimmed(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw CheckOptionError(file, "cannot be read: \(error.text)")
            }
        }
        if let variable {
            guard let value = ProgramEnvironment.variables({ $0 == variable })[variable] else {
                throw CheckOptionError(environment, "names a variable that is not set")
            }
            return Self.trimmed(value)
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
