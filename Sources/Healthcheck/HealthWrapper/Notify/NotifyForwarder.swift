// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import ServiceNotify
import SystemIO

/// Passes what the command says on to our own service manager: the message is the command's, but the manager hears only the
/// process that it has started. Belongs to the loop.
final class NotifyForwarder {
    private let socket: NotifySocket
    private let loop: EventLoop
    private let logger: Logger
    private var waiting: [[UInt8]] = []
    private var isRetrying = false
    private var hasTold = false

    /// More wait only for a manager that hangs.
    private static let limit = 64
    private static let retryGap = Duration.milliseconds(100)

    init(
        to manager: NotifySettings, on loop: EventLoop, logger: Logger
    ) throws(SystemCallError) {
        socket = try NotifySocket(to: manager.address)
        self.loop = loop
        self.logger = logger
    }

    /// What is left out: the main process is this one, and descriptors do not come along.
    private static let leftOut = ["MAINPID=", "MAINPIDFD", "BARRIER=", "FDSTORE=", "FDNAME="]

    /// Passes a datagram on.
    func forward(_ datagram: ArraySlice<UInt8>) {
        let lines = datagram.split(separator: UInt8(ascii: "\n")).filter { line in
            !Self.leftOut.contains { line.starts(with: $0.utf8) }
        }
        guard !lines.isEmpty, waiting.count < Self.limit else { return }
        waiting.append(Array(lines.joined(separator: [UInt8(ascii: "\n")])))
        if !isRetrying { flush() }
    }

    private func flush() {
        while let datagram = waiting.first {
            do throws(SystemCallError) {
                guard try socket.send(datagram) else { return retryLater() }
            } catch {
                if !hasTold {
                    logger.warning(
                        "cannot notify the service manager", metadata: ["reason": "\(error.text)"])
                }
                hasTold = true
            }
            waiting.removeFirst()
        }
    }

    private func retryLater() {
        isRetrying = true
        _ = loop.schedule(at: .now() + Self.retryGap) { [weak self] in
            self?.isRetrying = false
            self?.flush()
        }
    }
}
