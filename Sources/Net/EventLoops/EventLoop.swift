// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Containers
import Synchronization
package import SystemIO

/// Told by its loop what its descriptor can do.
package protocol EventHandler: AnyObject {
    /// Called on the loop, in each tick in which the descriptor is ready for what it is registered for.
    func ready(_ readiness: Readiness)
}

/// Told that a tick has ended, once for each ``EventLoop/tellAtEndOfTick(_:)``.
package protocol TickEndHandler: AnyObject {
    /// This tick's events, timers and posted work are done.
    func tickEnded()
}

/// One thread that waits for descriptors, timers and work from other threads. A tick is:
/// wait -> work that was posted meanwhile -> descriptors -> timers -> posted work -> ends of the tick.
/// Posted work runs before reads: a client that has seen a change sees it on every loop.
///
/// Unchecked Sendable: everything below the line "confined" is touched only by the thread in ``run()`` (or before
/// it runs, by the only thread that knows the loop); the inbox has a lock of its own.
package final class EventLoop: @unchecked Sendable {
    private let epoll: Epoll
    private let wakeUpDescriptor: FileDescriptor
    private let inbox = Mutex(Inbox())
    private let thread = Atomic<UInt>(0)
    /// The kernel's number of that thread; 0 for none.
    let threadID = Atomic<CInt>(0)
    private let isWaiting = Atomic(false)
    private let tickCount = Atomic(0)

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

    private struct Registered {
        let descriptor: CInt
        var handler: any EventHandler
    }

    private var registered = SlotMap<Registered>()
    private var timers = TimerQueue()
    private var tickEnds: [() -> Void] = []
    private var tickEndHandlers: [any TickEndHandler] = []
    /// Empty, with room for the next.
    private var spareTickEndHandlers: [any TickEndHandler] = []
    private var measuring = TickMeasuring()
    private var isStopping = false

    /// The time at which this tick began; good for deadlines, and cheaper than asking the clock.
    package private(set) var now = MonotonicTime.now()

    /// The wake-up descriptor's user data in epoll; no key reaches it.
    private static let wakeUpData = UInt64.max

    /// A loop that does nothing until some thread calls ``run()``.
    package init() throws(SystemCallError) {
        epoll = try Epoll()
        let raw = try systemCall("eventfd") { Int(eventfd(0, O_NONBLOCK | O_CLOEXEC)) }
        wakeUpDescriptor = FileDescriptor(owning: CInt(raw))
        // By its edge: each write is told once, and need not be read.
        try epoll.add(
            wakeUpDescriptor.rawValue, [.readable, .edge], data: Self.wakeUpData)
    }

    /// Runs ticks on the calling thread until ``stop()``.
    package func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        threadID.store(clinux_thread_id(), ordering: .relaxed)
        now = .now()
        while !isStopping { tick() }
        // Work that was posted before the stop is still done: something may wait for it.
        runInbox()
        threadID.store(0, ordering: .relaxed)
        thread.store(0, ordering: .relaxed)
    }

    /// Ends ``run()`` after the tick in which this arrives. From any thread.
    package func stop() { post { self.isStopping = true } }

    /// Does `work` on the loop, soon. From any thread; work posted by one thread keeps its order.
    package func post(_ work: @escaping @Sendable () -> Void) { post(.closure(work)) }

    /// The calling thread is the one that runs this loop.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// The loop waits, and no work is on its way to it: it responds, and need not be woken to find that out. From any thread.
    package var isIdle: Bool {
        isWaiting.load(ordering: .relaxed) && inbox.withLock { !$0.isWakeUpSent }
    }

    /// How many ticks there have been, with the present one. From any thread.
    package var ticks: Int { tickCount.load(ordering: .relaxed) }

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
        // Fails only when the counter is full, after 2^64 of them.
        _ = write(wakeUpDescriptor.rawValue, &one, MemoryLayout<UInt64>.size)
    }
}

// MARK: On the loop

extension EventLoop {
    /// A registration of a descriptor; it outlives neither the descriptor nor its slot's next use.
    package struct Registration: Sendable {
        let key: SlotKey
    }

    /// Tells `handler` when `descriptor` is ready. The loop holds the handler until ``deregister(_:)``.
    package func register(
        _ descriptor: CInt, _ interest: Readiness, _ handler: any EventHandler
    ) throws(SystemCallError) -> Registration {
        let key = registered.insert(Registered(descriptor: descriptor, handler: handler))
        do throws(SystemCallError) {
            try epoll.add(descriptor, interest, data: key.rawValue)
        } catch {
            registered.remove(key)
            throw error
        }
        return Registration(key: key)
    }

    /// Changes what the handler wants to know.
    package func modify(
        _ registration: Registration, _ interest: Readiness
    ) throws(SystemCallError) {
        guard let descriptor = registered[registration.key]?.descriptor else { return }
        try epoll.modify(descriptor, interest, data: registration.key.rawValue)
    }

    /// Tells another handler from now on.
    package func replaceHandler(
        of registration: Registration, with handler: any EventHandler
    ) {
        let key = registration.key
        if registered.contains(key) { registered[slot: key.slot]?.handler = handler }
    }

    /// Lets go of the handler. Call it before the descriptor is closed. Events of this tick that are still on
    /// their way to it are dropped.
    package func deregister(_ registration: Registration) {
        if let removed = registered.remove(registration.key) { epoll.remove(removed.descriptor) }
    }

    /// Calls `action` once, at `deadline` or soon after; in a later tick when it is due already, so that a timer
    /// that sets itself anew cannot hold the loop.
    package func schedule(
        at deadline: MonotonicTime, _ action: @escaping () -> Void
    ) -> TimerID {
        let earliest = MonotonicTime(nanoseconds: now.nanoseconds + 1)
        return timers.schedule(at: max(deadline, earliest), action)
    }

    /// Calls off a timer; nothing happens when it has fired.
    package func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Calls `action` once, when this tick's events, timers and posted work are done.
    package func atEndOfTick(_ action: @escaping () -> Void) { tickEnds.append(action) }

    /// Tells `handler` once, at the same time, after those actions. With closures in its place a change to a watcher cost 8 %
    /// more instructions.
    package func tellAtEndOfTick(_ handler: any TickEndHandler) { tickEndHandlers.append(handler) }

    /// Tells `meter` of ticks, until ``remove(_:)``; the loop holds it.
    package func add(_ meter: any TickMeter) { measuring.meters.append(meter) }

    /// Lets go of a meter.
    package func remove(_ meter: any TickMeter) { measuring.meters.removeAll { $0 === meter } }

    /// How long ticks took, of those that were measured (``TickMeter``).
    package var tickTimes: DurationHistogram { measuring.times }

    private func tick() {
        var milliseconds: CInt = -1
        if let next = timers.next { milliseconds = next.pollTimeout(from: .now()) }
        isWaiting.store(true, ordering: .relaxed)
        let count = epoll.wait(milliseconds: milliseconds)
        isWaiting.store(false, ordering: .relaxed)
        tickCount.store(ticks &+ 1, ordering: .relaxed)
        // Before the handlers, which count deadlines from it: the wait may have been a long one.
        now = .now()
        let isMeasured = measuring.isDue(at: now)
        if isMeasured { measuring.begin() }
        // Also without a wake-up: a thread that posts may not have sent it yet, or it is behind these events.
        runInbox()
        for index in 0..<count {
            let event = epoll[index]
            if event.data != Self.wakeUpData { dispatch(event.data, event.readiness) }
        }
        runTimers()
        runInbox()
        runTickEnds()
        if isMeasured { measuring.end(now) }
    }

    private func dispatch(_ data: UInt64, _ readiness: Readiness) {
        // None for a stale event: its descriptor was deregistered earlier in this tick.
        registered[SlotKey(rawValue: data)]?.handler.ready(readiness)
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

    private func runTickEnds() {
        while !tickEnds.isEmpty || !tickEndHandlers.isEmpty {
            for action in exchange(&tickEnds, []) { action() }
            var handlers = exchange(&tickEndHandlers, exchange(&spareTickEndHandlers, []))
            for handler in handlers { handler.tickEnded() }
            // A crowd leaves nothing behind.
            handlers.removeAll(keepingCapacity: handlers.count <= 1024)
            spareTickEndHandlers = handlers
        }
    }
}

/// Puts a new value in a place and returns the old one.
private func exchange<Value>(_ place: inout Value, _ value: Value) -> Value {
    let old = place
    place = value
    return old
}
