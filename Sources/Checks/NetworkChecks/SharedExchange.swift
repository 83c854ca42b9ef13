// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient

/// An exchange cannot be copied; this lends it to a session.
final class SharedExchange {
    var machine: ClientExchange

    /// An exchange whose preface waits to be sent.
    init(_ configuration: ClientConfiguration) throws(ConnectionError) {
        machine = try .make(configuration)
    }
}
