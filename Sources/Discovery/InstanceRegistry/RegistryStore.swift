// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Where instances are kept, so that others find them. A store belongs to an event loop: it is called there, and calls back there.
/// A callback comes exactly once, never inside the call that it belongs to.
///
/// A name that none can have is refused by each, before anything is asked. A store that nothing refers to any more is closed. All
/// stores pass one conformance suite.
package protocol RegistryStore: AnyObject {
    /// Writes an instance as it is now, and keeps it alive for the store's time to live from now on. It is called each time the
    /// instance has just been judged, and not else: no live loop, no lease.
    func put(_ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void)
    /// Takes an instance out; one that is not there is no failure.
    func remove(_ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void)
    /// The instances of a service that are alive, by id. One without any has an empty list.
    func list(_ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void)
    /// Tells of the instances of a service, now and after each change, in no order, until the watch is cancelled. The store connects again by
    /// itself, with a wait that grows and has a random part.
    func watch(_ service: String, _ told: @escaping (WatchNews) -> Void) -> any StoreWatch
    /// Ends everything: callbacks that are due get ``StoreFailure/closed``, and watches are told it as the last. What is registered stays until its time is over.
    func close()
}

/// What a store found when it wrote an instance.
package enum PutOutcome: Equatable, Sendable {
    /// It was not there: the first time, or the store has lost it (a restart, a lease that ended).
    case registered
    /// It was there as it was written last, and lives on.
    case kept
    /// It was there, but different from what was written last: it was written by another. It is right again.
    case repaired
}

/// What a watch tells.
package enum WatchNews: Sendable {
    /// All instances of the service, after a change or at the beginning.
    case instances([Instance])
    /// The store cannot be asked for now; the next news are instances, once it can.
    case away(StoreFailure)
}

/// A watch that goes on.
package protocol StoreWatch: AnyObject {
    /// Ends it: it tells nothing more, also of what is under way.
    func cancel()
}

/// Why a store did not do what it was asked for.
package enum StoreFailure: Error, Equatable, Sendable {
    /// It did not answer; says why, for an operator.
    case unreachable(String)
    /// It answered that it will not; says why, for an operator.
    case refused(String)
    /// ``RegistryStore/close()`` was called.
    case closed

    /// What is wrong, for an operator; cut where a store says more than a line can hold.
    package var text: String {
        switch self {
        case .unreachable(let reason), .refused(let reason): PrintableText.cut(reason, limit: 512)
        case .closed: "the store is closed"
        }
    }
}
