// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Messages that the service manager has not taken yet. Bounded: of statuses only the newest waits, of signs of life one.
/// Pure.
struct NotifyQueue {
    private(set) var messages: [NotifyMessage] = []

    /// Of the messages that tell of a step in the service's life. More wait only for a manager that hangs.
    static let limit = 64

    /// The message that is to be sent next; nil when none waits.
    var first: NotifyMessage? { messages.first }

    mutating func append(_ message: NotifyMessage) {
        if message.isSignOfLife, messages.contains(message) { return }
        // A newer status, or a message that has one, replaces it.
        if message.hasStatus { messages.removeAll { $0.isStatus } }
        messages.append(message)
        if messages.count > Self.limit { messages.removeFirst() }
    }

    /// The first one was taken.
    mutating func removeFirst() { messages.removeFirst() }
}

extension NotifyMessage {
    private static let status = Array("STATUS=".utf8)

    /// It says that the service is alive, and nothing else.
    fileprivate var isSignOfLife: Bool {
        switch self {
        case .watchdog: true
        case .forwarded(let datagram): datagram.elementsEqual("WATCHDOG=1".utf8)
        default: false
        }
    }

    /// It has nothing but a status.
    fileprivate var isStatus: Bool {
        switch self {
        case .status: true
        case .forwarded(let datagram):
            datagram.starts(with: Self.status) && !datagram.contains(UInt8(ascii: "\n"))
        default: false
        }
    }

    /// It has a status, among others.
    fileprivate var hasStatus: Bool {
        switch self {
        case .ready, .stopping: true
        default: isStatus
        }
    }
}
