// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Flags
import HTTP1Wire
package import SystemIO

/// Asks a process at its address for operators to explain itself. It blocks the thread.
package struct ExplanationRequest: Sendable {
    /// The changes of so long a time; nil for none.
    package var last: Duration?
    /// JSON, and not the tree.
    package var wantsJSON: Bool
    /// How long the whole of it may take.
    package var timeout: Duration

    /// A request.
    package init(
        last: Duration? = nil, wantsJSON: Bool = false, timeout: Duration = .seconds(5)
    ) {
        self.last = last
        self.wantsJSON = wantsJSON
        self.timeout = timeout
    }

    /// What came of it.
    package struct Answer: Sendable {
        /// The document, as it came.
        package let text: String
        /// The whole server is SERVING.
        package let isServing: Bool
    }

    /// Reads a time such as `1h`: a second to a day.
    package static func last(_ text: String) throws(FlagValueError) -> Duration {
        let duration = try FlagValue.duration(text)
        guard (.seconds(1) ... .seconds(86_400)).contains(duration) else {
            throw FlagValueError("use a time from 1s to 24h")
        }
        return duration
    }

    /// Asks at an address. Throws why there is no answer, in words that follow the address in a sentence.
    package func ask(at address: SocketAddress) throws(LocalHTTPError) -> Answer {
        var target = "\(ExplanationPage.path)" + (wantsJSON ? "?format=json" : "?format=text")
        if let last { target += "&last=\(last.goText)" }
        let response = try LocalHTTPRequest(target, timeout: timeout).send(to: address)
        guard response.status == .ok else { throw LocalHTTPError(response) }
        guard let status = response.fields[ExplanationPage.statusField] else {
            throw LocalHTTPError("what answers there explains nothing")
        }
        return Answer(
            text: String(decoding: response.body, as: UTF8.self), isServing: status == "SERVING")
    }
}
