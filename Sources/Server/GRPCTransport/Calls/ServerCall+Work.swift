// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire

/// What a call does with a request that is large or compressed, when there is time for it.
extension ServerCall {
    /// Waits for that time; the request is whole.
    func waitForWork(on connection: ServerConnection) {
        keep(connection)
        connection.worker.pendingWork.begin(self)
    }

    /// Goes on for as much as `allowance` has; true when there is more to do.
    func work(_ allowance: inout Int) -> Bool {
        guard let connection, !isClosed else { return false }
        if let work, state == .answering { return work.readNext(&allowance) }
        guard state == .request else { return false }
        let action = connection.withDecompressionBudget { reader.work(&allowance, &$0) }
        countHeld(on: connection)
        switch action {
        case .work: return checkHeldBytes(on: connection)
        case .dispatchBuffered(let message):
            message.withUnsafeBytes { dispatch($0, message, on: connection) }
        case .fail(let status): finish(status, on: connection)
        case .wait, .dispatch: return false
        }
        connection.scheduleFlush()
        return false
    }
}
