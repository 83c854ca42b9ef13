// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The index of a blocking query. Pure.
struct ConsulIndex: Equatable {
    /// 0 for a question that does not wait.
    private(set) var value: UInt64 = 0

    /// Takes the index of an answer; without one nothing can be waited for.
    mutating func take(_ new: UInt64?) {
        guard let new else {
            value = 0
            return
        }
        // A server that was restored, or another one, counts anew.
        value = new < value ? 0 : max(1, new)
    }
}
