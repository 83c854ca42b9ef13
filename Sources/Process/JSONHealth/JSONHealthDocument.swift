// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Text

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
    /// A report: the state, whether it is ready, what only this program tells, and for how many seconds it has run.
    package static func report(
        _ state: JSONHealthState, isReady: Bool, uptimeSeconds: Int64,
        _ more: (inout JSONWriter) -> Void
    ) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("state", state.rawValue)
            writer.set("ready", isReady)
            more(&writer)
            writer.set("uptime_secs", uptimeSeconds)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    package func explanation(asText: Bool, last: Duration?) -> String? { nil }
}
