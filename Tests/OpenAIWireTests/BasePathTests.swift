// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import OpenAIWire
import Testing

@Suite("The path of a model server")
struct BasePathTests {
    @Test(
        "It ends before /v1, and with no slash",
        arguments: [
            ("", ""), ("/", ""), ("//", ""), ("/v1", ""), ("/v1/", ""), ("//v1//", ""),
            ("/llm", "/llm"), ("/llm/v1", "/llm"), ("/llm/v1/", "/llm"), ("/v1/v1", "/v1"),
            ("/llmv1", "/llmv1"), ("/v1/x", "/v1/x"), ("/v10", "/v10"),
        ])
    func paths(text: String, path: String) {
        #expect(BasePath.of(text.utf8) == path)
    }
}
