// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import Text

extension RPCHeader {
    /// The value as it goes over the wire: in base64 when the name ends in `-bin`
    /// (gRPC, PROTOCOL-HTTP2.md; without padding, as it asks of senders).
    var encodedValue: String {
        Array(name.utf8.suffix(4)) == Array("-bin".utf8) ? Base64.encode(Array(value.utf8)) : value
    }
}
