// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Exposition

@Suite("The format that a client likes best")
struct ExpositionFormatTests {
    @Test(
        "The highest q wins, then what is named more exactly, then the first",
        arguments: [
            (nil, ExpositionFormat.text), ("", .text), ("*/*", .text), ("text/html", .text),
            ("application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text;version=1.0.0", .openMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", .openMetrics),
            ("application/openmetrics-text;version=0.0.1", .text),
            ("application/openmetrics-text;version=2.0.0;q=1,text/plain;q=0.1", .text),
            ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.6", .openMetrics),
            ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5", .text),
            ("text/plain,application/openmetrics-text", .text),
            ("application/openmetrics-text,text/plain", .openMetrics),
            ("*/*,application/openmetrics-text", .openMetrics),
            ("application/openmetrics-text;q=0", .text),
            ("application/openmetrics-text;q=nonsense,*/*;q=0.1", .text),
            ("application/openmetrics-text;q=0.9,*/*;q=1", .text),
            ("application/*", .openMetrics),
            ("text/plain;charset=\"a,b;q=0\";q=0.2,application/openmetrics-text;q=0.1", .text),
        ] as [(String?, ExpositionFormat)])
    func negotiation(accept: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
    }

    @Test("A format that is refused by name does not come back by a wildcard")
    func refused() {
        #expect(ExpositionFormat(accept: "text/plain;q=0, application/*") == .openMetrics)
        #expect(
            ExpositionFormat(
                accept: "application/openmetrics-text;q=0, application/*, text/*;q=0.1")
                == .text)
    }

    @Test("What Prometheus 2 and 3 send gets OpenMetrics")
    func prometheus() {
        let two =
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        let three =
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
            + "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        #expect(ExpositionFormat(accept: two) == .openMetrics)
        #expect(ExpositionFormat(accept: three) == .openMetrics)
    }

    @Test("A list of any length and shape is read in bounded time")
    func hostile() {
        let accept = String(repeating: "a/b;q=1,", count: 10_000) + "application/openmetrics-text"
        #expect(ExpositionFormat(accept: accept) == .text)
        for accept in [",,,", ";", "\"", "a/b;=;q", "/", "text/plain;q=\"0.5", "\\\"\\"] {
            _ = ExpositionFormat(accept: accept)
        }
    }
}
