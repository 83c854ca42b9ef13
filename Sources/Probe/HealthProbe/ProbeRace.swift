// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// The way to a connection over all addresses of a name, again and again until the time for it is over
/// (RFC 8305, "Happy Eyeballs"): the next address is tried when the one before it failed, or after a short
/// while; the others go on. The first whose SETTINGS come wins.
struct ProbeRace {
    /// One address: an attempt that goes on, or the time of the next one.
    private struct Lane {
        let address: SocketAddress
        var nextStart: MonotonicTime
        var backoff = ProbeBackoff()
        var isTried = false
        var attempt: ProbeAttempt?
        /// How the latest attempt that ended failed.
        var cause: ProbeCause?
    }

    /// How long an address has the field to itself.
    private static let patience = Duration.milliseconds(250)
    /// So many attempts at once a process may have descriptors for (`ulimit -n` is 1,024 by default).
    private static let maxAddresses = 256

    private var lanes: [Lane]
    private let deadline: MonotonicTime
    private let start: (SocketAddress) throws(ProbeCause) -> ProbeAttempt

    /// A race that begins now. `start` begins an attempt without waiting for anything.
    init(
        _ addresses: [SocketAddress], deadline: MonotonicTime,
        start: @escaping (SocketAddress) throws(ProbeCause) -> ProbeAttempt
    ) {
        self.deadline = deadline
        self.start = start
        let now = MonotonicTime.now()
        let order = ProbeRace.interleaved(addresses).prefix(ProbeRace.maxAddresses)
        // Every address gets its turn, however short the time.
        let share = (deadline - now).wholeNanoseconds / Int64(max(order.count, 1) + 1)
        let step = min(.nanoseconds(share), ProbeRace.patience)
        lanes = []
        var time = now
        for address in order {
            lanes.append(Lane(address: address, nextStart: time))
            time = time + step
        }
    }

    /// Alternates the address families, beginning with the one that is preferred (RFC 8305, 4).
    static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        let first = addresses.filter { $0.family == preferred }
        let second = addresses.filter { $0.family != preferred }
        var order: [SocketAddress] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { order.append(first[index]) }
            if index < second.count { order.append(second[index]) }
        }
        return order
    }

    /// Blocks until there is a connection; throws when the deadline has passed.
    mutating func run() throws(ProbeCause) -> ProbeAttempt {
        while true {
            let now = MonotonicTime.now()
            if now >= deadline { throw cause(at: now) }
            var isReady = startDue(now)
            // An attempt that is alone does its own waiting.
            if isAlone, lanes[0].attempt != nil { isReady = [true] }
            if !isReady.contains(true) { isReady = wait(from: .now()) }
            for index in lanes.indices where isReady[index] {
                if let winner = advance(index) { return winner }
            }
        }
    }

    /// Starts what is due; true for the lanes that can go on at once.
    private mutating func startDue(_ now: MonotonicTime) -> [Bool] {
        var isReady = [Bool](repeating: false, count: lanes.count)
        for index in lanes.indices where lanes[index].attempt == nil {
            guard lanes[index].nextStart <= now else { continue }
            lanes[index].isTried = true
            do throws(ProbeCause) {
                let attempt = try start(lanes[index].address)
                lanes[index].attempt = attempt
                isReady[index] = !attempt.interest.isConnecting
            } catch {
                failed(index, error)
            }
        }
        return isReady
    }

    /// The one attempt that may block, because there is nothing else to do meanwhile.
    private var isAlone: Bool { lanes.count == 1 }

    private mutating func advance(_ index: Int) -> ProbeAttempt? {
        guard let attempt = lanes[index].attempt else { return nil }
        do throws(ProbeCause) {
            try attempt.advance(until: isAlone ? deadline : .now())
            return attempt.established != nil ? attempt : nil
        } catch {
            failed(index, error)
            return nil
        }
    }

    private mutating func failed(_ index: Int, _ cause: ProbeCause) {
        let now = MonotonicTime.now()
        lanes[index].attempt = nil
        lanes[index].cause = cause
        lanes[index].nextStart = now + lanes[index].backoff.next()
        // Nobody waits behind an address that does not work.
        if let next = lanes.firstIndex(where: { !$0.isTried }) { lanes[next].nextStart = now }
    }

    /// Waits for the kernel, the next start or the deadline; true for the lanes that can go on.
    private func wait(from now: MonotonicTime) -> [Bool] {
        var until = deadline
        var polls: [pollfd] = []
        for lane in lanes {
            guard let attempt = lane.attempt else {
                until = min(until, lane.nextStart)
                // poll passes over a negative descriptor.
                polls.append(pollfd(fd: -1, events: 0, revents: 0))
                continue
            }
            let interest = attempt.interest
            let events = interest.isConnecting ? POLLOUT : POLLIN
            polls.append(pollfd(fd: interest.descriptor, events: Int16(events), revents: 0))
        }
        let timeout = until.pollTimeout(from: now)
        _ = polls.withUnsafeMutableBufferPointer {
            poll($0.baseAddress, nfds_t($0.count), timeout)
        }
        return polls.map { $0.revents != 0 }
    }

    /// Why nothing came of it: of all addresses, the cause that got furthest.
    private func cause(at now: MonotonicTime) -> ProbeCause {
        var best: ProbeCause?
        for lane in lanes {
            var cause = lane.cause
            // An attempt that has only just begun says less than the one that failed before it.
            if let attempt = lane.attempt,
                cause == nil || now - attempt.started >= ProbeBackoff.longest
            {
                cause = attempt.causeOfDelay
            }
            guard let cause, cause.progress > best?.progress ?? -1 else { continue }
            best = cause
        }
        return best ?? .silent
    }
}
