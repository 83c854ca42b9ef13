// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// One datagram of the command to its service manager: lines of NAME=VALUE (`sd_notify(3)`). Pure.
///
/// Names that say nothing about health are left out.
struct ChildNotification: Equatable {
    /// One line.
    enum Line: Equatable {
        case ready
        case reloading
        case stopping
        case status(String)
        case alive
        /// It knows itself that it is not.
        case notAlive
        /// From now on it says that it is alive in such times; zero for never.
        case watchdog(Duration)
        /// What only a command says that will also say when it is ready.
        case starting
    }

    /// The lines that were known.
    let lines: [Line]

    /// A datagram is one page of memory at most, as in systemd.
    static let limit = 4096
    /// A status longer than this is cut: it is shown in one line.
    private static let statusLimit = 400
    /// A watchdog's time that is shorter would only burn the processor.
    private static let shortestWatchdog = Duration.milliseconds(100)
    private static let longestWatchdog = Duration.seconds(86_400)

    /// Reads a datagram. What is no line of this form is ignored.
    init(_ datagram: some Collection<UInt8>) {
        lines = Array(datagram.prefix(Self.limit)).split(separator: UInt8(ascii: "\n"))
            .compactMap(Self.line)
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> Line? {
        let parts = bytes.split(
            separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = String(decoding: parts[0], as: UTF8.self)
        let value = String(decoding: parts[1], as: UTF8.self)
        switch (name, value) {
        case ("READY", "1"): return .ready
        case ("RELOADING", "1"): return .reloading
        case ("STOPPING", "1"): return .stopping
        case ("WATCHDOG", "1"): return .alive
        case ("WATCHDOG", "trigger"): return .notAlive
        case ("STATUS", _): return .status(PrintableText.escaped(value, limit: statusLimit))
        case ("WATCHDOG_USEC", _): return watchdog(value)
        case ("MAINPID", _), ("EXTEND_TIMEOUT_USEC", _): return .starting
        default: return nil
        }
    }

    private static func watchdog(_ value: String) -> Line? {
        guard let microseconds = Int64(value), microseconds >= 0 else { return nil }
        if microseconds == 0 { return .watchdog(.zero) }
        return .watchdog(
            min(max(.microseconds(microseconds), shortestWatchdog), longestWatchdog))
    }
}
