// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Messages that the service manager has not taken yet. Bounded: of statuses only the newest waits, of signs of life one.
/// Pure.
struct NotifyQueue {
    private(set) var messages: [NotifyMessage] = []

    /// Of the messages that tell of a step in the service's life. More wait only for a manager that hangs.
    static let limit = 16

    /// The message that is to be sent next; nil when none waits.
    var first: NotifyMessage? { messages.first }

    mutating func append(_ message: NotifyMessage) {
        switch message {
        case .watchdog where messages.contains(.watchdog): return
        // Later ones have a status of their own.
        case .status, .ready, .stopping: messages.removeAll { $0.isStatus }
        case .watchdog, .reloading: break
        }
        messages.append(message)
        if messages.count > Self.limit { messages.removeFirst() }
    }

    /// The first one was taken.
    mutating func removeFirst() { messages.removeFirst() }
}

extension NotifyMessage {
    /// It has nothing but a status.
    fileprivate var isStatus: Bool { if case .status = self { true } else { false } }
}
