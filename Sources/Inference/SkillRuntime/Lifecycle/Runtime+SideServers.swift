// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import GRPCHealth
import GRPCTransport
import SystemIO

/// The addresses beside the port: what operators have to themselves, and health alone.
extension Runtime {
    /// Listens for operators, where there is an address for them; before ``start(on:at:)``. Throws when it cannot be had.
    public func startAdmin(on group: EventLoopGroup) throws(SystemCallError) {
        guard let place = options.admin else { return }
        let services: [any GRPCService] = [
            healthService,
            OpenInferenceService(state: state),
            ModelRepositoryService(ModelRepository(state: state, library: library)),
        ]
        sideServers.append(
            try SideServer(
                at: place, for: "operators", on: group, services: services, options, logger: logger)
        )
    }

    /// Listens for those who ask for health alone, where there is an address for them. Its loop has nothing else to do,
    /// so that its answers wait for nothing that happens at the port. Throws when the address cannot be had.
    public func startHealth() throws(SystemCallError) {
        guard let place = options.healthAddress else { return }
        let group = try EventLoopGroup(count: 1)
        sideServers.append(
            try SideServer(
                at: place, for: "health", on: group, services: [healthService], options,
                logger: logger))
        healthLoop = group.loops[0]
    }

    /// Stops them, after everything else; `completion` is called on the control loop.
    func stopSideServers(
        by deadline: MonotonicTime, _ completion: @escaping @Sendable () -> Void
    ) {
        guard let side = sideServers.popLast() else { return completion() }
        let bound = LoopBound(self, on: control)
        side.stop(within: min(Self.sideGrace, timeLeft(until: deadline))) {
            bound.loop.post { bound.value.stopSideServers(by: deadline, completion) }
        }
    }

    /// For a call that is under way there when everything else has ended.
    private static var sideGrace: Duration { .seconds(1) }

    /// When it all ends without that.
    public func removeSockets() {
        for side in sideServers { side.removeSocket() }
        sideServers = []
    }
}
