// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling

/// A check in one line: `http:http://localhost:8080/health,critical,interval=5s`.
enum CheckLine {
    /// The options that the line says, `kind` and `target` among them. A comma of a target is written `%2C`.
    static func options(_ line: String) throws(CheckOptionError) -> CheckOptions {
        let parts = line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { Array($0) }
        guard let first = parts.first, !first.isEmpty else {
            throw CheckOptionError(
                "kind", "is missing: use KIND:TARGET, such as tcp:127.0.0.1:5432")
        }
        var fields: [String: [String]] = [:]
        let (kind, target) = split(first, at: ":")
        fields["kind"] = [kind]
        if let target, !target.isEmpty { fields["target"] = [target] }
        for part in parts.dropFirst() where !part.isEmpty {
            let (name, value) = split(part, at: "=")
            fields[name, default: []].append(value ?? "")
        }
        return CheckOptions(fields)
    }

    private static func split(_ part: [UInt8], at separator: Character) -> (String, String?) {
        let end = part.firstIndex(of: separator.asciiValue ?? 0) ?? part.endIndex
        let name = String(decoding: part[..<end], as: UTF8.self)
        if end == part.endIndex { return (name, nil) }
        return (name, String(decoding: part[(end + 1)...], as: UTF8.self))
    }
}
