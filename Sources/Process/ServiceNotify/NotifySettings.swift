// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
import Text

/// What a service manager has put into the environment of a service that may notify it (systemd: `sd_notify(3)`,
/// `sd_watchdog_enabled(3)`).
package struct NotifySettings: Sendable {
    /// The variables. They are for this process only: its children get an environment without them.
    package static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    /// The datagram socket that it listens at.
    package let address: SocketAddress
    /// It ends a service that has not shown for so long that it is alive; nil when it does not.
    package let watchdogTimeout: Duration?

    /// Reads the variables of process `pid`; nil when there is no manager to notify. Throws what is wrong with them: then
    /// nothing is notified.
    package init?(_ environment: [String: String], pid: Int32) throws(NotifySettingsError) {
        guard let place = environment["NOTIFY_SOCKET"], !place.isEmpty else { return nil }
        // Others are of other address families, such as vsock: of virtual machines.
        guard place.hasPrefix("/") || place.hasPrefix("@"),
            let address = SocketAddress(unixPath: place)
        else {
            throw NotifySettingsError(
                "NOTIFY_SOCKET \(PrintableText.quoted(place)) is neither a path nor an abstract name"
            )
        }
        self.address = address
        self.watchdogTimeout = try Self.watchdogTimeout(environment, pid: pid)
    }

    private static func watchdogTimeout(
        _ environment: [String: String], pid: Int32
    ) throws(NotifySettingsError) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return nil }
        // Without one the variables are ours; another one's they are when we were started by what they are for.
        if let owner = environment["WATCHDOG_PID"], !owner.isEmpty, Int32(owner) != pid {
            return nil
        }
        guard let microseconds = Int64(text), microseconds > 0 else {
            throw NotifySettingsError(
                "WATCHDOG_USEC \(PrintableText.quoted(text)) is not a number of microseconds")
        }
        return .microseconds(microseconds)
    }
}

/// What is wrong with the variables of a service manager.
package struct NotifySettingsError: Error, Equatable {
    /// For the log.
    package let text: String

    init(_ text: String) { self.text = text }
}
