// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import Logging
package import SystemIO

/// Notifies a service manager, in order, and shows it regularly that the service is alive. What the manager does not take
/// now is sent again soon. Belongs to a loop: one that hangs shows no life.
package final class ServiceNotifier {
    private let socket: NotifySocket
    private let loop: EventLoop
    private let logger: Logger
    private let watchdogInterval: Duration?
    private var queue = NotifyQueue()
    private var isRetrying = false
    private var failure: Errno?
    private var isFed = true

    /// Until the next retry; twice as long after each.
    private var retryInterval = retryIntervals.lowerBound
    private static let retryIntervals = Duration.milliseconds(100)...Duration.seconds(5)
    /// A watchdog's time that is shorter would only burn the CPU.
    private static let shortestInterval = Duration.milliseconds(10)

    /// A notifier for the manager of these settings, on this loop.
    package init(
        _ settings: NotifySettings, on loop: EventLoop, logger: Logger
    ) throws(SystemCallError) {
        socket = try NotifySocket(to: settings.address)
        self.loop = loop
        self.logger = logger
        // As sd_watchdog_enabled(3) recommends.
        watchdogInterval = settings.watchdogTimeout.map { max($0 / 2, Self.shortestInterval) }
    }

    /// Sends a message, or has it wait.
    package func send(_ message: NotifyMessage) {
        queue.append(message)
        if !isRetrying { flush() }
    }

    /// Shows from now on, in time, that the service is alive, while `isAlive` says so.
    package func feedWatchdog(while isAlive: @escaping () -> Bool) {
        guard let watchdogInterval else { return }
        feed(isAlive())
        _ = loop.schedule(at: .now() + watchdogInterval) { [weak self] in
            self?.feedWatchdog(while: isAlive)
        }
    }

    private func feed(_ isAlive: Bool) {
        if isAlive { send(.watchdog) }
        guard isAlive != isFed else { return }
        isFed = isAlive
        if isAlive {
            logger.notice("the service manager's watchdog is fed again")
        } else {
            logger.error(
                "the service manager's watchdog is not fed",
                metadata: ["effect": "it may end this process soon"])
        }
    }

    private func flush() {
        while let message = queue.first {
            do throws(SystemCallError) {
                guard try socket.send(message) else { return retryLater() }
                failure = nil
                retryInterval = Self.retryIntervals.lowerBound
            } catch {
                tell(error)
                // A manager that starts anew listens again soon. No other error goes away.
                if error.errno == .connectionRefused || error.errno == .noSuchFile {
                    return retryLater()
                }
            }
            queue.removeFirst()
        }
    }

    private func retryLater() {
        isRetrying = true
        _ = loop.schedule(at: .now() + retryInterval) { [weak self] in
            self?.isRetrying = false
            self?.flush()
        }
        retryInterval = min(retryInterval * 2, Self.retryIntervals.upperBound)
    }

    private func tell(_ error: SystemCallError) {
        if failure == error.errno { return }
        failure = error.errno
        logger.warning("cannot notify the service manager", metadata: ["reason": "\(error.text)"])
    }
}
