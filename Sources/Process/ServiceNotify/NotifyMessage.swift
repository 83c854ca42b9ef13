// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
import Text

/// One datagram for a service manager: lines of NAME=VALUE (`sd_notify(3)`).
package enum NotifyMessage: Equatable, Sendable {
    /// The service has started, or its reload is done.
    case ready(status: String)
    /// Its reload has begun at this time.
    case reloading(at: MonotonicTime)
    /// It ends. The manager's own time limit for that does not count before this one.
    case stopping(status: String, within: Duration)
    /// How it is, for a person.
    case status(String)
    /// It is alive.
    case watchdog
    /// What a program below this one says to its service manager, as it is.
    case forwarded([UInt8])

    /// A status longer than this is cut: it is shown in one line.
    private static let statusLimit = 400

    /// What is sent.
    package var datagram: [UInt8] {
        if case .forwarded(let datagram) = self { datagram } else { Array(text.utf8) }
    }

    /// The datagram as text.
    package var text: String {
        switch self {
        case .ready(let status): "READY=1\n" + Self.line(status)
        case .reloading(let time):
            "RELOADING=1\nMONOTONIC_USEC=\(time.nanoseconds / 1_000)\nSTATUS=Reloading"
        case .stopping(let status, let limit):
            "STOPPING=1\nEXTEND_TIMEOUT_USEC=\(limit.wholeNanoseconds / 1_000)\n"
                + Self.line(status)
        case .status(let status): Self.line(status)
        case .watchdog: "WATCHDOG=1"
        case .forwarded(let datagram): String(decoding: datagram, as: UTF8.self)
        }
    }

    /// A line's end in the text would begin another assignment.
    private static func line(_ status: String) -> String {
        "STATUS=" + PrintableText.escaped(status, limit: statusLimit)
    }
}
