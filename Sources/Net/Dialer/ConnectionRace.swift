// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Which of several addresses to connect to, and when (RFC 8305, "Happy Eyeballs"): the next address is tried when the
/// one before it has failed, or after a short while; earlier attempts go on. The first connection wins, and the driver
/// drops the race.
///
/// A pure machine: time and failures in, actions out. The driver owns the attempts, and knows each by the position of
/// its address in ``addresses``.
///
/// ```
///   untried --start--> underWay --failed--> failed --start (a retry)--> underWay
/// ```
package struct ConnectionRace: Sendable {
    /// What the driver has to do next.
    package enum Action: Equatable, Sendable {
        /// Start an attempt on the address at this position, then ask again.
        case start(Int)
        /// Wait for an attempt that goes on, until this time at most, then ask again.
        case wait(until: MonotonicTime)
        /// Give up: the deadline has passed, or every address has failed and none is tried again.
        case giveUp
    }

    private enum Lane {
        case untried(due: MonotonicTime)
        case underWay
        case failed(retry: MonotonicTime)
    }

    /// How long an address has to itself before the next one is tried as well (RFC 8305, 8).
    package static let attemptDelay = Duration.milliseconds(250)
    /// A process has descriptors for so many attempts at once (`ulimit -n` is 1,024 by default).
    private static let maxAddresses = 256

    /// The addresses in the order in which they are tried.
    package let addresses: [SocketAddress]
    /// When the race ends.
    package let deadline: MonotonicTime
    private let retries: Bool
    private var lanes: [Lane] = []
    private var backoffs: [RetryBackoff]

    /// A race that begins at `now`.
    ///
    /// - Parameters:
    ///   - attemptDelay: Less where the time until `deadline` is too short for it: every address is tried.
    ///   - retries: Tries an address that has failed again, after a backoff.
    package init(
        _ addresses: [SocketAddress], from now: MonotonicTime, until deadline: MonotonicTime,
        attemptDelay: Duration = ConnectionRace.attemptDelay, retries: Bool
    ) {
        self.addresses = Array(Self.interleaved(addresses).prefix(Self.maxAddresses))
        self.deadline = deadline
        self.retries = retries
        backoffs = self.addresses.map { _ in RetryBackoff() }
        let share = (deadline - now).wholeNanoseconds / Int64(self.addresses.count + 1)
        let delay = min(.nanoseconds(share), attemptDelay)
        var due = now
        for _ in self.addresses {
            lanes.append(.untried(due: due))
            due = due + delay
        }
    }

    /// Alternates the address families, beginning with the preferred one (RFC 8305, 4).
    static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard addresses.count > 1, let preferred = addresses.first?.family else { return addresses }
        let first = addresses.filter { $0.family == preferred }
        let second = addresses.filter { $0.family != preferred }
        var order: [SocketAddress] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { order.append(first[index]) }
            if index < second.count { order.append(second[index]) }
        }
        return order
    }

    /// Decides what to do now. An attempt that it asks for counts as begun.
    package mutating func advance(to now: MonotonicTime) -> Action {
        if now >= deadline { return .giveUp }
        var next = MonotonicTime.distantFuture
        var isAnyUnderWay = false
        for index in lanes.indices {
            switch lanes[index] {
            case .underWay: isAnyUnderWay = true
            case .untried(let due), .failed(let due):
                if due <= now {
                    lanes[index] = .underWay
                    return .start(index)
                }
                next = min(next, due)
            }
        }
        if !isAnyUnderWay, next == .distantFuture { return .giveUp }
        return .wait(until: min(next, deadline))
    }

    /// The attempt on the address at `index` has failed: the next address is due at once.
    package mutating func failed(_ index: Int, at now: MonotonicTime) {
        let retry = retries ? now + backoffs[index].advance() : .distantFuture
        lanes[index] = .failed(retry: retry)
        for next in lanes.indices {
            if case .untried = lanes[next] {
                lanes[next] = .untried(due: now)
                return
            }
        }
    }
}
