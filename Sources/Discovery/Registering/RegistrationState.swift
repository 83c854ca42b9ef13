// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import InstanceRegistry
package import SystemIO

/// The life of an instance in one store. Pure: the time and the verdict come in, orders for the store go out.
///
/// ```
///   serving --drain--> draining --end--> ending --removed--> ended
///      ^                  |
///      +-----resumed------+
/// ```
///
/// A write is ordered only when the instance has just been judged, so nothing keeps alive what is not looked at any more. One
/// order is under way at a time.
package struct RegistrationState: Sendable {
    /// What to do in the store; the result is to be told.
    package enum Order: Equatable, Sendable {
        case put(InstanceStatus)
        case remove
    }

    private enum Phase { case serving, draining, ending, ended }

    private let timeToLive: Duration
    private var random: RandomSource
    private var phase = Phase.serving
    private var judgement: (status: InstanceStatus, time: MonotonicTime)?
    /// The order that is under way, and when it began.
    private var order: (order: Order, time: MonotonicTime)?
    /// Something may be in the store.
    private var hasPut = false
    private var isFailing = false
    private var due = MonotonicTime(nanoseconds: .min)
    private var backoff = SpreadBackoff(first: .milliseconds(500), longest: .seconds(30))

    /// The status that the store has; nil when it has none that is known of.
    package private(set) var status: InstanceStatus?
    /// Since when it has been registered without a gap; nil while it is not.
    package private(set) var since: MonotonicTime?
    /// How long the store keeps it without another write; nil while it is not registered.
    package private(set) var leaseEnd: MonotonicTime?
    /// Why the latest order failed; nil when it did not.
    package private(set) var failure: StoreFailure?
    package private(set) var counts = RegistrationCounts()

    /// A judgement that is older says nothing: its loop is late.
    package static let freshness = Duration.seconds(3)

    /// An instance that is in no store. The numbers of `seed` spread the writes of many.
    package init(timeToLive: Duration, seed: UInt64) {
        self.timeToLive = timeToLive
        random = RandomSource(seed: seed)
    }

    // MARK: Events

    /// The instance has just been judged.
    package mutating func judged(_ status: InstanceStatus, at now: MonotonicTime) -> Order? {
        judgement = (status, now)
        return next(at: now)
    }

    /// The end is near: callers are to be told after the store.
    package mutating func drainAsked(at now: MonotonicTime) -> Order? {
        guard phase == .serving else { return nil }
        phase = .draining
        return urgent(at: now)
    }

    /// The drain was taken back.
    package mutating func resumed(at now: MonotonicTime) -> Order? {
        guard phase == .draining else { return nil }
        phase = .serving
        return urgent(at: now)
    }

    /// Nothing is served any more.
    package mutating func endAsked(at now: MonotonicTime) -> Order? {
        guard phase == .serving || phase == .draining else { return nil }
        phase = hasPut ? .ending : .ended
        return urgent(at: now)
    }

    /// The store has put the instance.
    package mutating func put(_ outcome: PutOutcome, at now: MonotonicTime) -> Order? {
        guard let (order, begun) = order, case .put(let written) = order else { return nil }
        self.order = nil
        if let status, status != written { counts.statusChanges += 1 }
        switch outcome {
        case .registered:
            counts.registrations += 1
            since = now
        case .repaired: counts.repairs += 1
        case .kept: break
        }
        // Of an earlier process of the same id, or of a write whose answer was lost.
        since = since ?? now
        (status, leaseEnd) = (written, begun + timeToLive)
        // About a third of the time to live: two writes may fail.
        due = now + timeToLive * (0.28 + 0.1 * random.nextFraction())
        if phase == .ending { due = now }
        succeeded()
        return next(at: now)
    }

    /// The store has removed the instance.
    package mutating func removed(at now: MonotonicTime) {
        guard order?.order == .remove else { return }
        order = nil
        phase = .ended
        counts.deregistrations += 1
        (status, since, leaseEnd) = (nil, nil, nil)
        succeeded()
    }

    /// The store has not done what was ordered.
    package mutating func failed(_ failure: StoreFailure, at now: MonotonicTime) -> Order? {
        guard let (order, _) = order else { return nil }
        self.order = nil
        (isFailing, self.failure) = (true, failure)
        counts.failures += 1
        if let leaseEnd, leaseEnd <= now { (status, since, self.leaseEnd) = (nil, nil, nil) }
        due = now + backoff.advance(random.nextFraction())
        // What was asked for meanwhile does not wait.
        if case .put(let status) = order, phase != .serving {
            if phase == .ending || status != wanted { due = now }
        }
        return next(at: now)
    }

    // MARK: Orders

    /// When there may be an order without another event: for a removal after a failure, and for a write that does not wait for the
    /// next judgement while the latest is still fresh.
    package var nextWake: MonotonicTime? {
        guard order == nil else { return nil }
        switch phase {
        case .ended: return nil
        case .ending: return due
        case .serving, .draining:
            guard hasPut, let judgement, due - judgement.time <= Self.freshness else { return nil }
            return due
        }
    }

    /// The time has passed that nextWake has said.
    package mutating func woken(at now: MonotonicTime) -> Order? {
        let order = next(at: now)
        // The loop was late: the next judgement is awaited.
        if order == nil, phase != .ending, due <= now { judgement = nil }
        return order
    }

    /// Nothing is under way, and nothing more will be ordered.
    package var isOver: Bool { phase == .ended && order == nil }

    /// The store has been told of the drain, or could not be.
    package var hasToldDrain: Bool {
        switch phase {
        case .serving: false
        case .draining: order == nil && (status == .draining || isFailing || !hasPut)
        case .ending, .ended: true
        }
    }

    private mutating func succeeded() {
        backoff.reset()
        (isFailing, failure) = (false, nil)
    }

    private mutating func urgent(at now: MonotonicTime) -> Order? {
        due = now
        return next(at: now)
    }

    private var wanted: InstanceStatus? {
        phase == .draining ? .draining : judgement?.status
    }

    private mutating func next(at now: MonotonicTime) -> Order? {
        guard order == nil, let next = wish(at: now) else { return nil }
        order = (next, now)
        if case .put = next { hasPut = true }
        return next
    }

    private func wish(at now: MonotonicTime) -> Order? {
        switch phase {
        case .ended: return nil
        case .ending: return now >= due ? .remove : nil
        case .serving, .draining:
            guard let judgement, let wanted, now - judgement.time <= Self.freshness else {
                return nil
            }
            // Not yet known of: nothing is to be drained there.
            if phase == .draining, !hasPut { return nil }
            let isDue = now >= due || (wanted != status && !isFailing)
            return isDue ? .put(wanted) : nil
        }
    }
}
