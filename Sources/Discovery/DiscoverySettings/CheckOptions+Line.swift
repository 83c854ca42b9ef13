// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling

extension CheckOptions {
    /// A line of `URL[,option[=value]]...` in its parts.
    package static func split(_ line: String) -> (url: String, options: CheckOptions) {
        let parts = line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { Array($0) }
        var fields: [String: [String]] = [:]
        for part in parts.dropFirst() where !part.isEmpty {
            let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = part[end...].dropFirst()
            fields[String(decoding: part[..<end], as: UTF8.self), default: []].append(
                String(decoding: value, as: UTF8.self))
        }
        return (String(decoding: parts.first ?? [], as: UTF8.self), CheckOptions(fields))
    }
}
