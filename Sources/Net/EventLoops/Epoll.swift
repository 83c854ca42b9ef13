// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// What a descriptor can do now, or what its owner wants to know of it (C: `EPOLLIN`, `EPOLLOUT` ...).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// Told only when it has become so anew (epoll(7), "edge-triggered").
    static let edge = Readiness(rawValue: EPOLLET.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer sends no more.
    package static let ended = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// The descriptor is broken or its peer is gone; always reported.
    package static let broken = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// The kernel's table of descriptors that a loop waits for, level-triggered (C: `epoll`).
struct Epoll: ~Copyable {
    private let descriptor: FileDescriptor
    private let events: UnsafeMutableBufferPointer<epoll_event>

    init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: CInt(try systemCall("epoll_create1") { Int(epoll_create1(O_CLOEXEC)) }))
        events = .allocate(capacity: 256)
        events.initialize(repeating: epoll_event())
    }

    deinit { events.deallocate() }

    func add(_ raw: CInt, _ interest: Readiness, data: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, raw, interest, data)
    }

    func modify(_ raw: CInt, _ interest: Readiness, data: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_MOD, raw, interest, data)
    }

    func remove(_ raw: CInt) {
        // Fails only for a descriptor that is not in the table, and then there is nothing to remove.
        _ = clinux_epoll_control(descriptor.rawValue, EPOLL_CTL_DEL, raw, 0, 0)
    }

    /// Waits, and says how many descriptors are ready. An interrupted wait is a wait without events.
    func wait(milliseconds: CInt) -> Int {
        let count = epoll_wait(
            descriptor.rawValue, events.baseAddress, CInt(events.count), milliseconds)
        return max(0, Int(count))
    }

    /// One of the events of the latest wait, counted from 0.
    subscript(index: Int) -> (data: UInt64, readiness: Readiness) {
        (events[index].data.u64, Readiness(rawValue: events[index].events))
    }

    private func control(
        _ operation: CInt, _ raw: CInt, _ interest: Readiness, _ data: UInt64
    ) throws(SystemCallError) {
        _ = try systemCall("epoll_ctl") {
            Int(
                clinux_epoll_control(
                    descriptor.rawValue, operation, raw, interest.rawValue, data))
        }
    }
}
