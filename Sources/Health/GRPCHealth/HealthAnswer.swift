// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProtocol

/// What a name answers, and why when it is not SERVING.
struct HealthAnswer: Equatable {
    let status: ServingStatus
    let reason: HealthReason?

    /// SERVING has no reason.
    init(_ status: ServingStatus, _ reason: HealthReason? = nil) {
        self.status = status
        self.reason = status == .serving ? nil : reason
    }
}
