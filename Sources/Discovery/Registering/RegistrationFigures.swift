// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The latest reports of the registrations, for who reads them on another thread.
package final class RegistrationFigures: Sendable {
    private let reports = Mutex<[RegistrationReport]>([])

    /// None yet.
    package init() {}

    /// One for each store.
    package var latest: [RegistrationReport] { reports.withLock { $0 } }

    func set(_ new: [RegistrationReport]) { reports.withLock { $0 = new } }
}
