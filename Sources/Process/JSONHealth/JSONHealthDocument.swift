// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a service is, as its program tells the clients of a JSON socket.
package protocol JSONHealthDocument {
    /// It can do its work.
    var isReady: Bool { get }
    /// The report, a JSON object in one line.
    var text: String { get }
    /// Why it is as it is: a tree for people, or a JSON document; with what has changed in that time. Nil when it is not explained.
    func explanation(asText: Bool, last: Duration?) -> String?
}

extension JSONHealthDocument {
    package func explanation(asText: Bool, last: Duration?) -> String? { nil }
}
