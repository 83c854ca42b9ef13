// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a check of Redis asks for.
struct RedisPlan: Sendable {
    /// A key is written, read and deleted where the server is a master.
    var writes = true
    /// A PING that takes longer is degraded.
    var slowAfter = Duration.milliseconds(100)

    /// The part of the memory limit above which it is degraded.
    static let memoryShare = 0.9
    /// How long a key may outlive a check that died.
    static let expiry = "10000"
}
