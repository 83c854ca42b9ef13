// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How many frames that bring no call forward a client may send.
package struct AbuseLimits: Sendable {
    /// At once; a client earns more by time and by calls.
    package var frameBudget = 1_000
    /// What it earns each second.
    package var frameBudgetPerSecond = 100
    /// Between two PINGs of a client; sooner is a strike, unless answers were sent in between.
    package var minPingInterval = Duration.seconds(10)
    /// One strike more ends the connection (too_many_pings).
    package var maxPingStrikes = 2

    /// The defaults.
    package init() {}
}
