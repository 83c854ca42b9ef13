// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Who waits for something to read, as the desk knows it: it makes nothing for one that has left. From any thread.
final class Reader: Sendable {
    private let hasLeft = Atomic(false)

    /// It still waits.
    var isThere: Bool { !hasLeft.load(ordering: .relaxed) }

    /// It has left.
    func leave() { hasLeft.store(true, ordering: .relaxed) }
}
