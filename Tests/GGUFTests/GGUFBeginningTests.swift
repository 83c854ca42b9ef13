// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GGUF

@Suite("A file that is not a GGUF file")
struct GGUFBeginningTests {
    static let texts: [(contents: [UInt8], said: String)] = [
        (
            Array("version https://git-lfs.github.com/spec/v1\noid sha256:00".utf8),
            "the text \"version https://git-lfs.github.com/spec/v1\"; this is a Git LFS pointer: fetch "
                + "the file itself with git lfs pull"
        ),
        (
            Array("\n<!DOCTYPE html>\n<html>".utf8),
            "the text \"<!DOCTYPE html>\"; this is an HTML page: the download was answered with a web page"
        ),
        (Array("Not Found".utf8), "the text \"Not Found\""),
        ([0x1f, 0x8b, 8, 0, 1], "1f 8b 08 00; this is gzip: decompress it with gunzip"),
        (
            [UInt8](repeating: 0, count: 2) + [1, 0, 0, 0, 0, 0] + Array("{\"__metadata__\"".utf8),
            "00 00 01 00; this is safetensors: convert the model to GGUF"
        ),
        (
            Array("PK\u{3}\u{4}\u{14}".utf8),
            "50 4b 03 04; this is a ZIP archive, as PyTorch writes them: convert the model to GGUF"
        ),
        ([0, 0, 0, 0], "00 00 00 00"), ([0x80, 2], "80 02"),
    ]

    @Test(
        "Text is shown as text, the rest as bytes, with a remedy where one is known",
        arguments: texts)
    func text(_ contents: [UInt8], _ said: String) {
        let error = readingError(contents)
        #expect(error?.text == "not a GGUF file: it begins with " + said)
    }

    @Test("Control characters and bytes beyond ASCII in a text do not get into a log")
    func printable() {
        #expect(
            readingError(Array("\u{e9}\u{1b}[31m".utf8))?.text.utf8.allSatisfy {
                $0 >= 0x20 && $0 < 0x7f
            } == true)
    }
}
