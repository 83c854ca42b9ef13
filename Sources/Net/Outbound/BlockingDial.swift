// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Dialer
import SystemIO

/// Connects to a host, and blocks for that: resolves its name, then drives a ``Dialer/ConnectionRace`` over its addresses. The
/// first that can be used wins.
struct BlockingDial {
    private let target: OutboundTarget
    private var race: ConnectionRace
    /// The attempt on each address, while it goes on.
    private var attempts: [BlockingConnection?]
    /// How the latest attempt failed.
    private var failure: OutboundFailure?

    /// A dial that begins now.
    init(_ target: OutboundTarget, until deadline: MonotonicTime) throws(OutboundFailure) {
        self.target = target
        let addresses = try target.place.addresses(until: deadline)
        race = ConnectionRace(addresses, from: .now(), until: deadline, retries: false)
        attempts = race.addresses.map { _ in nil }
    }

    /// Blocks until there is a connection; throws when the deadline has passed, or nothing is left to try.
    mutating func run() throws(OutboundFailure) -> BlockingConnection {
        while true {
            switch race.advance(to: .now()) {
            case .start(let index):
                if let winner = start(index) { return winner }
            case .wait(let time):
                for index in poll(until: time) {
                    if let winner = advance(index) { return winner }
                }
            case .giveUp: throw failure ?? .unreachable(reason: missing)
            }
        }
    }

    private mutating func start(_ index: Int) -> BlockingConnection? {
        do throws(OutboundFailure) {
            let attempt = try BlockingConnection(race.addresses[index], for: target)
            attempts[index] = attempt
            return attempt.isConnecting ? nil : advance(index)
        } catch {
            failed(index, error)
            return nil
        }
    }

    private mutating func advance(_ index: Int) -> BlockingConnection? {
        guard let attempt = attempts[index] else { return nil }
        do throws(OutboundFailure) {
            return try attempt.advance() ? attempt : nil
        } catch {
            failed(index, error)
            return nil
        }
    }

    private mutating func failed(_ index: Int, _ failure: OutboundFailure) {
        attempts[index] = nil
        self.failure = failure
        race.failed(index, at: .now())
    }

    /// Waits for the kernel; the attempts that can go on.
    private func poll(until time: MonotonicTime) -> [Int] {
        // poll passes over a negative descriptor.
        var entries = attempts.map { $0?.interest ?? pollfd(fd: -1, events: 0, revents: 0) }
        let timeout = time.pollTimeout(from: .now())
        _ = entries.withUnsafeMutableBufferPointer {
            CLinux.poll($0.baseAddress, nfds_t($0.count), timeout)
        }
        return entries.indices.filter { entries[$0].revents != 0 }
    }

    /// What did not come in time.
    private var missing: String {
        let attempt = attempts.first { $0?.isConnecting == false } ?? nil
        return attempt?.missing ?? "no connection"
    }
}
