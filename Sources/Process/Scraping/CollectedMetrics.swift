// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Exposition

/// What one collection came to, for all who share it. Belongs to the collector's loop.
package final class CollectedMetrics {
    package let families: [MetricFamily]
    private var pages: [ExpositionFormat: [UInt8]] = [:]

    init(_ families: [MetricFamily]) { self.families = families }

    /// The page in this format, written once; `capacity` is a guess of its size.
    func page(_ format: ExpositionFormat, capacity: Int) -> [UInt8] {
        if let page = pages[format] { return page }
        let page = ExpositionWriter.page(families, format, capacity: capacity)
        pages[format] = page
        return page
    }
}
