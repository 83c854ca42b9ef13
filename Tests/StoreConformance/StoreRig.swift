// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import SystemIO

/// One kind of store as the suite uses it: how stores of it are made, and what happens around them. All stores of a rig are of
/// the same storage. Its functions are called from the thread of the test, but ``makeStore(on:)``.
///
/// A rig may serve several cases, one after the other: each uses names of services of its own.
package protocol StoreRig: AnyObject, Sendable {
    /// A store that has just been made; called on its loop.
    func makeStore(on loop: EventLoop) throws -> any RegistryStore

    /// What this rig can do; cases that need more are left out.
    var features: Set<RigFeature> { get }
    /// How long an instance lives after a put. Short, where ``passTime(_:)`` really waits.
    var timeToLive: Duration { get }
    /// Instances of the case with many of them.
    var crowd: Int { get }

    /// Lets a share of the time to live pass, such as 0.5.
    func passTime(_ share: Double) throws
    /// Makes the storage forget everything, as one does that comes back without its data.
    func loseAll() throws
    /// Writes a record of the service that is no valid instance, as a careless other one would.
    func plantGarbage(_ service: String) throws
    /// Lets the storage answer nothing, until ``comeBack()``.
    func goAway() throws
    /// Lets it answer again, with all that it had.
    func comeBack() throws
}

/// What not every rig can do.
package enum RigFeature: CaseIterable, Sendable {
    case timeToLive, loseAll, garbage, away
}

/// A rig was asked for what is not among its features.
package struct MissingFeature: Error {}

extension StoreRig {
    package var features: Set<RigFeature> { [] }
    package var timeToLive: Duration { .seconds(1) }
    package var crowd: Int { InstanceLimits.instances }
    package func passTime(_ share: Double) throws { (.now() + timeToLive * share).sleep() }
    package func loseAll() throws { throw MissingFeature() }
    package func plantGarbage(_ service: String) throws { throw MissingFeature() }
    package func goAway() throws { throw MissingFeature() }
    package func comeBack() throws { throw MissingFeature() }
}
