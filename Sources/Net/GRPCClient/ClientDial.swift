// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Dialer
package import SystemIO

/// Connects to one of several addresses, and blocks for that: drives a ``Dialer/ConnectionRace``. The first connection
/// whose SETTINGS come wins.
package struct ClientDial {
    private var race: ConnectionRace
    private let open: (SocketAddress) throws(ConnectionError) -> ClientConnection
    /// The attempt on each address, while it goes on.
    private var attempts: [ClientConnection?]
    /// How the latest attempt on each address failed.
    private var errors: [ConnectionError?]

    /// A dial that begins now. `open` starts an attempt without waiting for it. With `retries`, what fails is tried again
    /// until the deadline.
    package init(
        _ addresses: [SocketAddress], until deadline: MonotonicTime, retries: Bool = true,
        open: @escaping (SocketAddress) throws(ConnectionError) -> ClientConnection
    ) {
        race = ConnectionRace(addresses, from: .now(), until: deadline, retries: retries)
        self.open = open
        attempts = race.addresses.map { _ in nil }
        errors = race.addresses.map { _ in nil }
    }

    /// Blocks until there is a connection; throws when the deadline has passed, or nothing is left to try.
    package mutating func run() throws(ConnectionError) -> ClientConnection {
        while true {
            let now = MonotonicTime.now()
            switch race.advance(to: now) {
            case .giveUp: throw error(at: now)
            case .start(let index):
                start(index)
                if let winner = advanceConnected(index) { return winner }
            case .wait(let time):
                if let winner = advance(until: time) { return winner }
            }
        }
    }

    private mutating func start(_ index: Int) {
        do throws(ConnectionError) {
            attempts[index] = try open(race.addresses[index])
        } catch {
            failed(index, error)
        }
    }

    /// Goes on at once with an attempt that the kernel connected at once, as it does for Unix sockets.
    private mutating func advanceConnected(_ index: Int) -> ClientConnection? {
        guard attempts.count > 1, let attempt = attempts[index], !attempt.isConnecting else {
            return nil
        }
        return advance(index, until: .now())
    }

    private mutating func advance(until time: MonotonicTime) -> ClientConnection? {
        // With one address the attempt itself waits: that saves a system call.
        if attempts.count == 1, attempts[0] != nil { return advance(0, until: race.deadline) }
        for index in poll(until: time) {
            if let winner = advance(index, until: .now()) { return winner }
        }
        return nil
    }

    private mutating func advance(_ index: Int, until time: MonotonicTime) -> ClientConnection? {
        guard let attempt = attempts[index] else { return nil }
        do throws(ConnectionError) {
            try attempt.advance(until: time)
            return attempt.established != nil ? attempt : nil
        } catch {
            failed(index, error)
            return nil
        }
    }

    private mutating func failed(_ index: Int, _ error: ConnectionError) {
        attempts[index] = nil
        errors[index] = error
        race.failed(index, at: .now())
    }

    /// Waits for the kernel; the attempts that can go on.
    private func poll(until time: MonotonicTime) -> [Int] {
        var entries: [pollfd] = []
        for attempt in attempts {
            // poll passes over a negative descriptor.
            entries.append(attempt?.interest ?? pollfd(fd: -1, events: 0, revents: 0))
        }
        let timeout = time.pollTimeout(from: .now())
        _ = entries.withUnsafeMutableBufferPointer {
            CLinux.poll($0.baseAddress, nfds_t($0.count), timeout)
        }
        return entries.indices.filter { entries[$0].revents != 0 }
    }

    /// Why there is no connection: of all addresses, the failure that got furthest.
    private func error(at now: MonotonicTime) -> ConnectionError {
        var furthest: ConnectionError?
        for index in attempts.indices {
            var error = errors[index]
            // An attempt that has only just begun says less than the one that failed before it.
            if let attempt = attempts[index],
                error == nil || now - attempt.start >= RetryBackoff.longest
            {
                error = attempt.delay
            }
            guard let error, error.progress > furthest?.progress ?? -1 else { continue }
            furthest = error
        }
        return furthest ?? .silent
    }
}
