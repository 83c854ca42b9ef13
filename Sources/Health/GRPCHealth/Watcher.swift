// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import HealthProtocol

/// One Watch stream: the newest status and the one sent last. Nothing else, however slow its client is.
final class Watcher: MessageSource {
    let name: WatchedName
    private let waker: CallWaker
    private let table: HealthTable
    private let messages: StatusMessages
    private var newest = ServingStatus.serviceUnknown
    private var sent: ServingStatus?

    init(name: [UInt8], waker: CallWaker, table: HealthTable, messages: StatusMessages) {
        self.name = WatchedName(name)
        self.waker = waker
        self.table = table
        self.messages = messages
    }

    /// Takes part in the table from now on, and ends soon when the table is ending.
    func start() {
        table.add(self)
        if table.isEnding { end() }
    }

    func changed(to status: ServingStatus) {
        newest = status
        if sent != nil, sent != status { waker.wake() }
    }

    /// The table is ending: the newest status goes out, then the end.
    func end() {
        waker.wakeToEnd()
    }

    func next() -> NextMessage {
        if sent != newest {
            sent = newest
            return .message(messages[newest])
        }
        return table.isEnding ? .end(.ok) : .later
    }

    func callEnded() { table.remove(self) }
}
