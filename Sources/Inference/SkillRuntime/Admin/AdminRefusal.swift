// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire

/// Why a request for a command is not carried out.
struct AdminRefusal: Error, Equatable {
    let status: HTTP1Status
    /// What is wrong, and what to do about it.
    let reason: String

    /// A request with something wrong in it.
    init(_ reason: String, _ status: HTTP1Status = .badRequest) {
        self.reason = reason
        self.status = status
    }
}
