// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How long things take in a registry of etcd.
package struct EtcdTimes: Sendable {
    /// An instance is forgotten so long after it was written last. etcd makes less than two seconds longer.
    package var timeToLive = Duration.seconds(300)
    /// For an answer of one member, with the connection to it.
    package var answer = Duration.seconds(2)
    /// How often a watch is asked for a sign of life; one that gives none in this time is broken.
    package var silence = Duration.seconds(3)

    /// The defaults.
    package init() {}
}
