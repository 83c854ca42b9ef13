// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HealthProtocol

/// One Watch stream: its name, whose status is the newest, and the status sent last. Nothing else, however slow its client is.
final class Watcher: MessageSource {
    /// What it watches; shared with the other watchers of the name.
    let watched: WatchedStatus
    /// Where it stands among them; nil when it is not, or no longer, there.
    var place: Int?
    let waker: CallWaker
    private let table: HealthTable
    private let messages: StatusMessages
    private var sent: ServingStatus?
    /// It was woken, and has not been asked since.
    private(set) var isWoken = false

    init(name: [UInt8], waker: CallWaker, table: HealthTable, messages: StatusMessages) {
        self.watched = table.watched(WatchedName(name))
        self.waker = waker
        self.table = table
        self.messages = messages
    }

    /// Takes part in the table from now on, and ends soon when the table is ending.
    func start() {
        table.add(self)
        if table.isEnding { end() }
    }

    func takeNews() -> Bool {
        // Before the first message it is asked without being woken.
        guard !isWoken, let sent, sent != watched.status else { return false }
        isWoken = true
        return true
    }

    /// The table is ending: the newest status goes out, then the end.
    func end() {
        waker.wakeToEnd()
    }

    func next() -> NextMessage {
        isWoken = false
        if sent != watched.status {
            sent = watched.status
            let message = messages[watched.status]
            // What a change costs the watcher itself is 3 % less by it.
            return table.isEnding ? .message(message) : .latest(message)
        }
        return table.isEnding ? .end(.ok) : .later
    }

    func callEnded() { table.remove(self) }
}
