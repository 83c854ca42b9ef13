// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Accepts connections on a loop and hands each to its owner.
public final class Listener: EventHandler {
    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private let onConnection: (consuming FileDescriptor, SocketAddress) -> Void
    private let onExhaustion: () -> Void
    /// Let go of when descriptors have run out, so that those who wait can be turned away instead of left waiting.
    private var reserve: CInt?
    private var registration: EventLoop.Registration?

    /// More cannot be waiting at one time.
    private static let largestBacklog = 4096
    /// How long to leave new connections waiting when descriptors or memory have run out.
    private static let backoff = Duration.milliseconds(100)

    /// Starts to accept; called on the loop. `onExhaustion` may free descriptors when they have run out.
    public init(
        _ descriptor: consuming FileDescriptor, on loop: EventLoop,
        onExhaustion: @escaping () -> Void = {},
        onConnection: @escaping (consuming FileDescriptor, SocketAddress) -> Void
    ) throws(SystemCallError) {
        self.descriptor = descriptor
        self.loop = loop
        self.onConnection = onConnection
        self.onExhaustion = onExhaustion
        self.reserve = Listener.makeReserve()
        self.registration = nil
        self.registration = try loop.register(self.descriptor.rawValue, .readable, self)
    }

    deinit { reserve.map { _ = FileDescriptor(owning: $0) } }

    public func ready(_ readiness: Readiness) {
        let slice = TimeSlice()
        while !slice.isOver, acceptNext() {}
    }

    /// Takes what already waits, then accepts no more.
    public func close() {
        // Who came between the last accept and the end would have a connection, and then a reset. This way their
        // first packet is lost, and when it is sent again they are refused.
        descriptor.dropNewcomers()
        var left = Self.largestBacklog
        while left > 0, acceptNext() { left -= 1 }
        if let registration { loop.deregister(registration) }
        registration = nil
    }

    /// False when nobody waits, or nobody can be let in.
    private func acceptNext() -> Bool {
        guard registration != nil else { return false }
        do throws(SystemCallError) {
            guard let (raw, peer) = try descriptor.accept() else { return false }
            onConnection(FileDescriptor(owning: raw), peer)
            return true
        } catch {
            pause()
            if error.errno == .tooManyOpenFiles || error.errno == .tooManyOpenFilesInSystem {
                turnAway(Self.largestBacklog)
            } else {
                goOnLater()
            }
            return false
        }
    }

    /// Closes all who wait, in as many turns as that takes: a backlog that stays full would cost those who come after
    /// a crowd the seconds until their kernel tries again.
    private func turnAway(_ count: Int) {
        guard registration != nil else { return }
        let slice = TimeSlice()
        var left = count
        while left > 0, turnAwayNext() {
            left -= 1
            guard slice.isOver else { continue }
            _ = loop.schedule(at: loop.now) { [weak self, left] in self?.turnAway(left) }
            return
        }
        onExhaustion()
        goOnLater()
    }

    /// Closes one who waits, by way of the reserve; false when nobody does, or it cannot be done.
    private func turnAwayNext() -> Bool {
        reserve.map { _ = FileDescriptor(owning: $0) }
        let waiting = try? descriptor.accept()
        // Its end is its answer.
        waiting.map { _ = FileDescriptor(owning: $0.descriptor) }
        reserve = Listener.makeReserve()
        return waiting != nil && reserve != nil
    }

    private static func makeReserve() -> CInt? {
        do throws(SystemCallError) {
            return try FileDescriptor.open("/dev/null").release()
        } catch {
            return nil
        }
    }

    /// Out of descriptors or memory: the listener stays ready, so that asking at once would only burn the CPU.
    private func pause() {
        guard let registration else { return }
        try? loop.modify(registration, [])
    }

    private func goOnLater() {
        _ = loop.schedule(at: loop.now + Self.backoff) { [weak self] in self?.goOn() }
    }

    private func goOn() {
        guard let registration else { return }
        // Another thread may have taken the descriptor that was to be the reserve.
        reserve = reserve ?? Listener.makeReserve()
        do throws(SystemCallError) {
            try loop.modify(registration, .readable)
        } catch {
            // Whoever gave up here would never accept again.
            goOnLater()
        }
    }
}
