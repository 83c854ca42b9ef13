// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition

/// Something that has metrics to tell. Belongs to the loop of the ``MetricsCollector`` that asks it.
package protocol MetricSource {
    /// Reads the values now, and gives them to `completion` once, from any thread.
    func collect(_ completion: @escaping @Sendable ([MetricFamily]) -> Void)
}

/// A source that knows its values.
package struct DirectSource: MetricSource {
    private let read: () -> [MetricFamily]

    /// A source of what `read` returns.
    package init(_ read: @escaping () -> [MetricFamily]) { self.read = read }

    package func collect(_ completion: @escaping @Sendable ([MetricFamily]) -> Void) {
        completion(read())
    }
}
