// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

@testable import OpenAIBackend

@Suite("The URL of an upstream")
struct UpstreamURLTests {
    @Test("Scheme, host, port and path are told apart")
    func good() throws {
        let cases: [(String, host: String, port: UInt16, path: String, text: String)] = [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, "", "http://127.0.0.1:8080"),
            ("http://llama", "llama", 80, "", "http://llama"),
            ("HTTPS://Api.example.com/", "Api.example.com", 443, "", "https://Api.example.com"),
            ("https://a:8443/x/y/", "a", 8443, "/x/y", "https://a:8443/x/y"),
            ("http://a/v1", "a", 80, "", "http://a"),
            ("http://a/x/v1/", "a", 80, "/x", "http://a/x"),
            ("http://[::1]:1", "::1", 1, "", "http://[::1]:1"),
            ("http://[::1]", "::1", 80, "", "http://[::1]"),
            ("https://a:80", "a", 80, "", "https://a:80"),
            ("http://[fe80::1%25eth0]:1", "fe80::1%eth0", 1, "", "http://[fe80::1]:1"),
        ]
        for (text, host, port, path, written) in cases {
            let url = try #require(UpstreamURL(text), "\(text)")
            #expect(url.host == host && url.port == port && url.path == path, "\(text)")
            #expect(url.isSecure == text.lowercased().hasPrefix("https"))
            #expect(url.text == written)
        }
    }

    @Test(
        "What is not the URL of a server is rejected",
        arguments: [
            "", "http://", "http:///x", "http://:80", "ftp://a", "a:80", "http:/a", "http://a:",
            "http://a:0", "http://a:65536", "http://a:+1", "http://a:8o", "http://u:p@a",
            "http://u@a", "http://a?x", "http://a/#x", "http://a b", "http://a\r\nX:", "http://ä",
            "http://[::1", "http://[]", "http://[::1]x", "http://a:1:2",
        ])
    func bad(_ text: String) { #expect(UpstreamURL(text) == nil) }
}
