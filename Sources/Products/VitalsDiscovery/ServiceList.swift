// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import InstanceRegistry
import SystemIO

/// The instances of a service that can be used now, and how far that is known.
public struct ServiceList: Sendable {
    /// Where a list comes from.
    public enum Origin: String, Sendable {
        /// Nothing is known.
        case nothing
        /// The source, as it is now.
        case source
        /// The last list of a source that cannot be asked.
        case lastGood = "last good"
        /// The instances that were given at the start.
        case fallback
    }

    /// Those to use: available, and not found to be down.
    public let instances: [ServiceInstance]
    /// Where they are from.
    public let origin: Origin
    /// How long ago the source has told its list; nil when it has told none.
    public let age: Duration?
    /// The source says that more than half are gone at once; it is not believed before they fail.
    public let isDoubtful: Bool
    /// Why the source cannot be asked, for an operator; nil when it can.
    public let failure: String?

    init(_ found: FoundInstances, tags: [String] = [], at now: MonotonicTime) {
        let selection = InstanceSelection(tags: tags)
        let chosen = tags.isEmpty ? found.instances : found.instances.filter(selection.matches)
        instances = chosen.map(ServiceInstance.init)
        origin = Origin(found.source)
        age = found.age(at: now)
        isDoubtful = found.isBelowFloor
        failure = found.failure?.text
    }

    /// Nothing is known, and this is why.
    init(failure: String) {
        instances = []
        origin = .nothing
        age = nil
        isDoubtful = false
        self.failure = failure
    }

    /// Whether it says the same as another one; their ages may differ.
    func isSame(as other: ServiceList) -> Bool {
        instances == other.instances && origin == other.origin && failure == other.failure
            && isDoubtful == other.isDoubtful
    }
}

extension ServiceList.Origin {
    fileprivate init(_ source: KnownInstances.Source) {
        switch source {
        case .nothing: self = .nothing
        case .store: self = .source
        case .lastGood: self = .lastGood
        case .fallback: self = .fallback
        }
    }
}
