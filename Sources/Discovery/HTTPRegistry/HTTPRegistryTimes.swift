// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceDocuments

/// How long things take in a registry over HTTP.
package struct HTTPRegistryTimes: Sendable {
    /// An instance is forgotten so long after it was written last.
    package var timeToLive = Duration.seconds(300)
    /// For an answer.
    package var answer = Duration.seconds(5)
    /// Without a word of a stream, which is then opened anew: more than two of its signs of life.
    package var silence = RegistryPath.silence * 2 + .seconds(5)
    /// The longest wait after a failure.
    package var longestWait = Duration.seconds(5)

    /// The defaults.
    package init() {}
}
