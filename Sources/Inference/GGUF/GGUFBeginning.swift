// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The first bytes of a file that is not a GGUF file, and what it probably is.
package struct GGUFBeginning: Equatable, Sendable {
    /// At most ``longest`` of them.
    let bytes: [UInt8]

    /// Enough for the first line of a text.
    static let longest = 48

    /// Keeps the first of these bytes.
    package init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes.prefix(Self.longest)) }

    /// For a person: the text or the bytes, and a remedy if one is known.
    var text: String {
        let shown = isText ? "the text \"\(String(printable: line))\"" : hexadecimal
        return "it begins with \(shown)" + (hint.map { "; \($0)" } ?? "")
    }

    private var hint: String? {
        if begins("version https://git-lfs") {
            return "this is a Git LFS pointer: fetch the file itself with git lfs pull"
        }
        if begins("<!doctype") || begins("<html") {
            return "this is an HTML page: the download was answered with a web page"
        }
        if begins([0x1f, 0x8b]) { return "this is gzip: decompress it with gunzip" }
        if begins("PK\u{3}\u{4}") {
            return "this is a ZIP archive, as PyTorch writes them: convert the model to GGUF"
        }
        // The length of a JSON object in eight bytes, then the object.
        if bytes.count > 8, bytes[6...8].elementsEqual([0, 0, UInt8(ascii: "{")]) {
            return "this is safetensors: convert the model to GGUF"
        }
        if begins("lmgg") || begins("fmgg") || begins("tjgg") {
            return "this is GGML, the format before GGUF: convert the model"
        }
        return nil
    }

    /// Whether it begins with this ASCII text, ignoring case and leading white space.
    private func begins(_ text: String) -> Bool {
        let rest = bytes.drop { $0.isWhiteSpace }
        return rest.lazy.map { $0.lowercased }.starts(with: text.utf8.lazy.map { $0.lowercased })
    }

    private func begins(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    private var isText: Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0.isWhiteSpace }
    }

    private var line: ArraySlice<UInt8> {
        let rest = bytes.drop { $0.isWhiteSpace }
        return rest.prefix { $0 != 0x0a && $0 != 0x0d }
    }

    /// The first four bytes: "47 47 55 46".
    private var hexadecimal: String {
        bytes.prefix(4).map { String(hex: UInt32($0), digits: 2) }
            .joined(separator: " ")
    }
}
