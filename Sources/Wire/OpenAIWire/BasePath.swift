// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The path of an OpenAI-compatible server, below which its `/v1` is.
package enum BasePath {
    /// The same without a `/v1` at its end, which other clients need in a URL: empty, or begins with a slash and ends with
    /// none.
    package static func of(_ path: some Sequence<UInt8>) -> String {
        var path = Array(path)
        dropSlashes(&path)
        if path.suffix(3).elementsEqual("/v1".utf8) { path.removeLast(3) }
        dropSlashes(&path)
        return String(decoding: path, as: UTF8.self)
    }

    private static func dropSlashes(_ path: inout [UInt8]) {
        while path.last == UInt8(ascii: "/") { path.removeLast() }
    }
}
