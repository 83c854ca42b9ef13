// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Decides when a connection is sent a PING, asked to leave, or dropped. Pure: the time and an observation come in, an
/// action goes out. One evaluation a second replaces a timer for each limit.
///
/// ```
///   greeting -- SETTINGS --> serving -- idle, or old --> leaving -- grace --> dropped
///       \-- too long --> dropped    \-- silent: PING -- no answer --> dropped
/// ```
struct ConnectionClock {
    /// What is to be done.
    enum Action: Equatable {
        case nothing
        /// Send a keepalive PING.
        case ping
        /// Ask the client to leave (GOAWAY).
        case leave
        case drop(DropReason)
    }

    /// The state of a connection, as far as time limits depend on it.
    struct Observation {
        var openStreams = 0
        /// The highest stream number so far: tells whether there was a call since the evaluation before.
        var latestStream: Int32 = 0
        var isMidHeaderBlock = false
        /// Bytes wait for the socket to take them.
        var isSendBlocked = false
    }

    private let limits: TimeoutLimits
    private let accepted: MonotonicTime
    private let retirement: MonotonicTime
    private var isEstablished = false
    /// When bytes came last.
    private(set) var latestByte: MonotonicTime
    private var pingSent: MonotonicTime?
    /// When the latest call was seen, or the connection accepted.
    private(set) var idleSince: MonotonicTime
    private var isIdle = true
    private var latestStream: Int32 = 0
    private var headerBlockSince: MonotonicTime?
    private var blockedSince: MonotonicTime?
    private var leavingSince: MonotonicTime?
    private var isOld = false
    private var nextCallSweep = MonotonicTime(nanoseconds: .min)

    /// `jitter`, from 0 to 1, spreads the ages, so that clients that came together do not come back together.
    init(_ limits: TimeoutLimits, accepted: MonotonicTime, jitter: Double) {
        self.limits = limits
        self.accepted = accepted
        self.latestByte = accepted
        self.idleSince = accepted
        let age = limits.maxAge
        self.retirement =
            age > .zero
            ? accepted + .nanoseconds(Int64(Double(age.wholeNanoseconds) * (0.9 + 0.2 * jitter)))
            : .distantFuture
    }

    /// Bytes came: the client is alive.
    mutating func received(at now: MonotonicTime) {
        latestByte = now
        pingSent = nil
    }

    /// The client's SETTINGS came.
    mutating func established() { isEstablished = true }

    /// The client took some of what waits for it.
    mutating func sent() { blockedSince = nil }

    /// The client was asked to leave.
    mutating func leaving(at now: MonotonicTime) { leavingSince = leavingSince ?? now }

    /// Whether the calls are to be looked at now; then that is noted, for `pause` (``TimeoutLimits/callSweepPause``).
    mutating func beginCallSweep(at now: MonotonicTime, pause: Duration) -> Bool {
        guard now >= nextCallSweep else { return false }
        nextCallSweep = now + pause
        return true
    }

    /// Finds out what is due now.
    mutating func evaluate(_ observation: Observation, at now: MonotonicTime) -> Action {
        follow(observation, at: now)
        if !isEstablished, limits.handshake.hasPassed(since: accepted, at: now) {
            return .drop(.handshakeTimeout)
        }
        if limits.header.hasPassed(since: headerBlockSince, at: now) {
            return .drop(.slowHeaders)
        }
        if limits.write.hasPassed(since: blockedSince, at: now) { return .drop(.stalled) }
        if limits.keepalive.hasPassed(since: pingSent, at: now) {
            return .drop(.unresponsive)
        }
        if isOld, limits.maxAgeGrace.hasPassed(since: leavingSince, at: now) {
            return .drop(.overdue)
        }
        return leaveOrPing(at: now)
    }

    private mutating func follow(_ observation: Observation, at now: MonotonicTime) {
        let hasNewStream = observation.latestStream != latestStream
        latestStream = observation.latestStream
        if observation.openStreams > 0 || hasNewStream { idleSince = now }
        isIdle = observation.openStreams == 0
        // A busy client may be midway in one block after the other.
        if hasNewStream { headerBlockSince = nil }
        headerBlockSince = observation.isMidHeaderBlock ? headerBlockSince ?? now : nil
        blockedSince = observation.isSendBlocked ? blockedSince ?? now : nil
    }

    private mutating func leaveOrPing(at now: MonotonicTime) -> Action {
        if leavingSince == nil {
            if now >= retirement {
                isOld = true
                return .leave
            }
            if isIdle, limits.idle.hasPassed(since: idleSince, at: now) { return .leave }
        }
        // Without calls the idle limit is enough.
        if !isIdle, pingSent == nil,
            limits.keepaliveInterval.hasPassed(since: latestByte, at: now)
        {
            pingSent = now
            return .ping
        }
        return .nothing
    }
}
