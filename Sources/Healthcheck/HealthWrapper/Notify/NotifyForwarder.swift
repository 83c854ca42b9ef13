// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import ServiceNotify
import SystemIO

/// Passes what the command says on to our own service manager: the message is the command's, but the manager hears only the
/// process that it has started. Belongs to the loop.
final class NotifyForwarder {
    private let notifier: ServiceNotifier

    init(
        to manager: NotifySettings, on loop: EventLoop, logger: Logger
    ) throws(SystemCallError) {
        notifier = try ServiceNotifier(manager, on: loop, logger: logger)
    }

    /// What is left out: the main process is this one, and descriptors do not come along.
    private static let leftOut = ["MAINPID=", "MAINPIDFD", "BARRIER=", "FDSTORE=", "FDNAME="]

    /// Passes a datagram on.
    func forward(_ datagram: ArraySlice<UInt8>) {
        let lines = datagram.split(separator: UInt8(ascii: "\n")).filter { line in
            !Self.leftOut.contains { line.starts(with: $0.utf8) }
        }
        if lines.isEmpty { return }
        notifier.send(.forwarded(Array(lines.joined(separator: [UInt8(ascii: "\n")]))))
    }
}
