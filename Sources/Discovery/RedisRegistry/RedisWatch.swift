// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry

/// Somebody who is told of the instances of a service.
final class RedisWatch: StoreWatch {
    private var told: ((WatchNews) -> Void)?
    /// Takes it out of the channel.
    var onCancel: () -> Void = {}

    init(_ told: @escaping (WatchNews) -> Void) { self.told = told }

    func tell(_ news: WatchNews) { told?(news) }

    func cancel() {
        told = nil
        let onCancel = onCancel
        self.onCancel = {}
        onCancel()
    }
}
