// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import SystemIO

/// The check of kind `tcp`: the target accepts a connection.
package struct TCPSession: CheckSession {
    /// A session that says nothing.
    package init() {}

    package mutating func began(
        _ connection: CheckConnection, at now: MonotonicTime
    ) -> CheckStep { .finish(.healthy) }

    package mutating func received(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> CheckStep { .finish(.healthy) }
}
