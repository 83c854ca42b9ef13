// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import JSONWire
package import StatusBoard

/// How a running wrapper says that its container is; or a runtime, whose report has no checks.
package struct WrapperReport: Equatable, Sendable {
    /// One of its checks.
    package struct Check: Equatable, Sendable {
        package var name: String
        package var kind: String
        /// For people, without secrets; empty for a kind without one.
        package var target: String
        package var state: Outcome.State
        /// Empty when it is healthy.
        package var reason: String
    }

    /// What HEALTHCHECK is told.
    package var isOK: Bool
    package var state: Outcome.State
    /// Of the state, for people; may be empty.
    package var reason: String
    package var checks: [Check]
    /// The report as it came: a JSON object.
    package var json: String

    /// Bytes of an answer, and values in it, at most.
    static let maxSize = 256 << 10
    private static let maxValues = 20_000

    /// Reads the answer: one line. Nil when it is none, or is no answer of a wrapper.
    package init?(line: [UInt8]) {
        let found = line.withUnsafeBytes { bytes -> WrapperReport? in
            guard JSONDocument.fits(bytes, maxValues: Self.maxValues),
                let document = JSONDocument(bytes, .rejectDuplicates)
            else { return nil }
            return document.withRoot { WrapperReport($0, String(decoding: line, as: UTF8.self)) }
        }
        guard let found else { return nil }
        self = found
    }

    private init?(_ root: JSONValue, _ json: String) {
        let report = root["report"]
        guard root["type"].string == "health_response", let isOK = root["ok"].isTrue,
            let state = Outcome.State(name: report["state"].string)
        else { return nil }
        self.isOK = isOK
        self.state = state
        self.json = json
        reason = report["reason"].string ?? ""
        let list = report["checks"]
        checks = []
        for index in 0..<list.count {
            let check = list[index]
            checks.append(
                Check(
                    name: check["name"].string ?? "", kind: check["kind"].string ?? "",
                    target: check["target"].string ?? "",
                    state: Outcome.State(name: check["state"].string) ?? .unknown,
                    reason: check["reason"].string ?? ""))
        }
    }
}

extension Outcome.State {
    /// The state of this name; nil when there is none.
    init?(name: String?) {
        switch name {
        case "Healthy": self = .healthy
        case "Degraded": self = .degraded
        case "Unknown": self = .unknown
        case "Unhealthy": self = .unhealthy
        default: return nil
        }
    }
}
