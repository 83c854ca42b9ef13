// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HTTPRouting

/// What a query asks of a page.
struct PageQuery {
    /// More than the answer in its shortest form.
    private(set) var isVerbose = false
    /// Checks that are to be left out.
    private(set) var excluded: [String] = []
    /// How long the answer may wait for a change; nil for an answer at once.
    private(set) var wait: Duration?
    /// The revision that the client knows; nil for that of now.
    private(set) var revision: UInt64?

    /// Longer waits end here: balancers and proxies give up on silent requests after a minute.
    static let maxWait = Duration.seconds(60)

    /// What is wrong with a query.
    struct Problem: Error {
        /// One line.
        let text: String
    }

    /// Reads a query as it was sent. Unknown parameters are ignored.
    init(_ query: String?) throws(Problem) {
        guard let query else { return }
        let parameters = HTTPQuery(query)
        isVerbose = parameters.contains("verbose")
        excluded = parameters.all("exclude")
        if let text = parameters.first("wait") { wait = try Self.wait(text) }
        guard let text = parameters.first("since") else { return }
        guard let number = UInt64(text) else {
            throw Problem(
                text: "since: not a revision: use the number of the field vitals-revision")
        }
        revision = number
    }

    private static func wait(_ text: String) throws(Problem) -> Duration {
        do throws(FlagValueError) {
            let duration = try FlagValue.duration(text)
            if duration >= .zero { return min(duration, maxWait) }
        } catch {
            throw Problem(text: "wait: \(error.reason)")
        }
        throw Problem(text: "wait: it is negative")
    }
}
