// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization
import SystemIO

/// Told by its loop what its descriptor can do.
public protocol EventHandler: AnyObject {
    /// Called on the loop, in each turn in which the descriptor is ready for what it is registered for.
    func ready(_ readiness: Readiness)
}

/// One thread that waits for descriptors, timers and work from other threads, and does it in turns:
/// wait -> work that was posted meanwhile -> descriptors -> timers -> posted work -> ends of the turn.
/// Work that was posted before an octet came is done before the octet is read: whoever was told of a change and asks
/// any loop hears of it.
///
/// Unchecked Sendable: everything below the line "confined" is touched only by the thread in ``run()`` (or before
/// it runs, by the only thread that knows the loop); the inbox has a lock of its own.
public final class EventLoop: @unchecked Sendable {
    private let epoll: Epoll
    private let wakeUpDescriptor: FileDescriptor
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)

    /// Work from other threads, and jobs of Swift's concurrency.
    enum Work: Sendable {
        case closure(@Sendable () -> Void)
        case job(UnownedJob)
    }

    private struct Inbox {
        var work: [Work] = []
        var isWakeUpSent = false
    }

    // Confined.

    private struct Slot {
        var handler: (any EventHandler)?
        var generation: UInt32 = 0
        var descriptor: CInt = -1
    }

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var timers = TimerQueue()
    private var turnEnds: [() -> Void] = []
    private var isStopping = false

    /// The time at which this turn began; good for deadlines, and cheaper than asking the clock.
    public private(set) var now = MonotonicTime.now()

    /// The wake-up descriptor's place in epoll's user data; no slot reaches it.
    private static let wakeUpData = UInt64.max

    /// A loop that does nothing until some thread calls ``run()``.
    public init() throws(SystemCallError) {
        epoll = try Epoll()
        let raw = try systemCall("eventfd") { Int(eventfd(0, O_NONBLOCK | O_CLOEXEC)) }
        wakeUpDescriptor = FileDescriptor(owning: CInt(raw))
        try epoll.add(wakeUpDescriptor.rawValue, .readable, data: Self.wakeUpData)
    }

    /// Runs turns on the calling thread until ``stop()``.
    public func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        now = .now()
        while !isStopping { turn() }
        // What was posted before the stop still happens; nobody waits for it in vain.
        runInbox()
        thread.store(0, ordering: .relaxed)
    }

    /// Ends ``run()`` after the turn in which this arrives. From any thread.
    public func stop() { post { self.isStopping = true } }

    /// Does `work` on the loop, soon. From any thread; work posted by one thread keeps its order.
    public func post(_ work: @escaping @Sendable () -> Void) { post(.closure(work)) }

    /// The calling thread is the one that runs this loop.
    public var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    func post(_ work: Work) {
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isWakeUpSent = true }
            return !inbox.isWakeUpSent
        }
        if mustWake { wakeUp() }
    }

    private func wakeUp() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the loop is awake anyway.
        _ = write(wakeUpDescriptor.rawValue, &one, MemoryLayout<UInt64>.size)
    }
}

// MARK: On the loop

extension EventLoop {
    /// A registration of a descriptor; it outlives neither the descriptor nor its slot's next use.
    public struct Registration: Sendable {
        let slot: Int
        let generation: UInt32
        var data: UInt64 { UInt64(UInt32(slot)) | UInt64(generation) << 32 }
    }

    /// Tells `handler` when `descriptor` is ready. The loop holds the handler until ``deregister(_:)``.
    public func register(
        _ descriptor: CInt, _ interest: Readiness, _ handler: any EventHandler
    ) throws(SystemCallError) -> Registration {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        let registration = Registration(slot: slot, generation: slots[slot].generation)
        do throws(SystemCallError) {
            try epoll.add(descriptor, interest, data: registration.data)
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[slot].handler = handler
        slots[slot].descriptor = descriptor
        return registration
    }

    /// Changes what the handler wants to know.
    public func modify(
        _ registration: Registration, _ interest: Readiness
    ) throws(SystemCallError) {
        guard isValid(registration) else { return }
        try epoll.modify(
            slots[registration.slot].descriptor, interest, data: registration.data)
    }

    /// Has another handler told from now on.
    public func replaceHandler(
        of registration: Registration, with handler: any EventHandler
    ) {
        if isValid(registration) { slots[registration.slot].handler = handler }
    }

    /// Lets go of the handler. Call it before the descriptor is closed. Events of this turn that are still on
    /// their way to it are dropped.
    public func deregister(_ registration: Registration) {
        guard isValid(registration) else { return }
        epoll.remove(slots[registration.slot].descriptor)
        slots[registration.slot].handler = nil
        slots[registration.slot].descriptor = -1
        slots[registration.slot].generation &+= 1
        freeSlots.append(registration.slot)
    }

    /// Calls `action` once, at `deadline` or soon after; in a later turn when it is due already, so that a timer
    /// that sets itself anew cannot hold the loop.
    public func schedule(
        at deadline: MonotonicTime, _ action: @escaping () -> Void
    ) -> TimerID {
        let earliest = MonotonicTime(nanoseconds: now.nanoseconds + 1)
        return timers.schedule(at: max(deadline, earliest), action)
    }

    /// Calls off a timer; nothing happens when it has fired.
    public func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Calls `action` once, when this turn's events, timers and posted work are done.
    public func atEndOfTurn(_ action: @escaping () -> Void) { turnEnds.append(action) }

    private func isValid(_ registration: Registration) -> Bool {
        registration.slot < slots.count
            && slots[registration.slot].generation == registration.generation
            && slots[registration.slot].handler != nil
    }

    private func turn() {
        var milliseconds: CInt = -1
        if let next = timers.next { milliseconds = next.pollTimeout(from: .now()) }
        let count = epoll.wait(milliseconds: milliseconds)
        // Before the handlers, which count deadlines from it: the wait may have been a long one.
        now = .now()
        if (0..<count).contains(where: { epoll[$0].data == Self.wakeUpData }) {
            clearWakeUp()
        }
        // Not only then: who posts may not have come to the wake-up yet, or it stands behind more events than these.
        runInbox()
        for index in 0..<count {
            let event = epoll[index]
            if event.data != Self.wakeUpData { dispatch(event.data, event.readiness) }
        }
        runTimers()
        runInbox()
        runTurnEnds()
    }

    private func dispatch(_ data: UInt64, _ readiness: Readiness) {
        let slot = Int(UInt32(truncatingIfNeeded: data))
        // A stale event: its descriptor was deregistered earlier in this turn, and the slot may be used anew.
        guard slots[slot].generation == UInt32(truncatingIfNeeded: data >> 32),
            let handler = slots[slot].handler
        else { return }
        handler.ready(readiness)
    }

    private func clearWakeUp() {
        var count: UInt64 = 0
        _ = read(wakeUpDescriptor.rawValue, &count, MemoryLayout<UInt64>.size)
    }

    private func runTimers() {
        while let action = timers.popDue(at: now) { action() }
    }

    private func runInbox() {
        let work = inbox.withLock { inbox in
            inbox.isWakeUpSent = false
            return exchange(&inbox.work, [])
        }
        for item in work {
            switch item {
            case .closure(let closure): closure()
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }

    private func runTurnEnds() {
        while !turnEnds.isEmpty {
            for action in exchange(&turnEnds, []) { action() }
        }
    }
}

/// Puts a new value in a place and returns the old one.
private func exchange<Value>(_ place: inout Value, _ value: Value) -> Value {
    let old = place
    place = value
    return old
}
