// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition

/// The families of the command, without those whose names are ours: two families of one name are no valid page. Pure.
struct ScrapedFamilies {
    /// What is served with ours.
    private(set) var families: [MetricFamily] = []
    /// The names that were left out.
    private(set) var dropped: [String] = []

    /// Names of samples of our own families.
    static func names(of families: [MetricFamily]) -> Set<String> {
        Set(families.flatMap { MetricName.samples(of: $0.name, $0.kind) })
    }

    /// Takes those of a page that are not in `taken`.
    init(_ families: [MetricFamily], taken: Set<String>) {
        for family in families {
            let names = MetricName.samples(of: family.name, family.kind) + [family.name]
            if names.contains(where: taken.contains) {
                dropped.append(family.name)
            } else {
                self.families.append(family)
            }
        }
    }
}
