// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Accepts connections on a loop and hands each to its owner.
package final class Listener: EventHandler {
    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private let onConnection: (consuming FileDescriptor, SocketAddress) -> Void
    private let onExhaustion: () -> Void
    /// Closed when descriptors have run out, so that waiting connections can be accepted and refused.
    private var reserve: CInt?
    private var registration: EventLoop.Registration?

    /// More cannot be waiting at one time.
    private static let largestBacklog = 4096
    /// How long to leave new connections waiting when descriptors or memory have run out.
    private static let backoff = Duration.milliseconds(100)

    /// Starts to accept; called on the loop. `onExhaustion` may free descriptors when they have run out.
    package init(
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

    package func ready(_ readiness: Readiness) {
        let slice = TimeSlice()
        while !slice.isOver, acceptNext() {}
    }

    /// Takes what already waits, then accepts no more.
    package func close() {
        // A client that connects between the last accept and the close would get a connection, and then a reset. With
        // its first packet dropped it tries again, and is refused.
        descriptor.dropNewcomers()
        var left = Self.largestBacklog
        while left > 0, acceptNext() { left -= 1 }
        if let registration { loop.deregister(registration) }
        registration = nil
    }

    /// False when no connection waits, or none can be accepted.
    private func acceptNext() -> Bool {
        guard registration != nil else { return false }
        do throws(SystemCallError) {
            guard let (raw, peer) = try descriptor.accept() else { return false }
            onConnection(FileDescriptor(owning: raw), peer)
            return true
        } catch {
            pause()
            if error.errno == .tooManyOpenFiles || error.errno == .tooManyOpenFilesInSystem {
                refuseWaiting(Self.largestBacklog)
            } else {
                resumeLater()
            }
            return false
        }
    }

    /// Refuses all waiting connections, over several ticks: a full backlog makes later clients wait for SYN
    /// retransmission.
    private func refuseWaiting(_ count: Int) {
        guard registration != nil else { return }
        let slice = TimeSlice()
        var left = count
        while left > 0, refuseNext() {
            left -= 1
            guard slice.isOver else { continue }
            _ = loop.schedule(at: loop.now) { [weak self, left] in self?.refuseWaiting(left) }
            return
        }
        onExhaustion()
        resumeLater()
    }

    /// Accepts one waiting connection with the reserve descriptor, and closes it; false when none waits, or it fails.
    private func refuseNext() -> Bool {
        reserve.map { _ = FileDescriptor(owning: $0) }
        let waiting = try? descriptor.accept()
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

    /// Out of descriptors or memory: the listener stays ready, so that accepting at once would only burn the CPU.
    private func pause() {
        guard let registration else { return }
        try? loop.modify(registration, [])
    }

    private func resumeLater() {
        _ = loop.schedule(at: loop.now + Self.backoff) { [weak self] in self?.resume() }
    }

    private func resume() {
        guard let registration else { return }
        // Another thread may have taken the descriptor that was to be the reserve.
        reserve = reserve ?? Listener.makeReserve()
        do throws(SystemCallError) {
            try loop.modify(registration, .readable)
        } catch {
            // Without another try the listener would never accept again.
            resumeLater()
        }
    }
}
