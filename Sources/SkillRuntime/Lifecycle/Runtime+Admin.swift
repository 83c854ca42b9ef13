// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import GRPCTransport
import SystemIO

/// The address that operators have to themselves.
extension Runtime {
    /// Listens there, when there is one. Throws when it cannot be had.
    public func startAdmin(on group: EventLoopGroup) throws(SystemCallError) {
        guard let place = options.admin else { return }
        let services: [any GRPCService] = [
            HealthService(reporter),
            OpenInferenceService(state: state),
            ModelRepositoryService(ModelRepository(state: state, library: library)),
        ]
        let (options, logger) = (options, logger)
        let admin = try place.takeOver { () throws(SystemCallError) in
            try GRPCServer.start(
                at: place.address, on: group, services: services, configuration: options.server,
                logger: logger)
        }
        self.admin = admin
        adminSocket = place.socket
        logger.info("listening for operators", metadata: ["address": "\(admin.address.text)"])
    }

    /// Stops there, after everything else; `completion` is called on some loop.
    func stopAdmin(by deadline: MonotonicTime, _ completion: @escaping @Sendable () -> Void) {
        guard let admin else { return completion() }
        removeAdminSocket()
        admin.stop(
            within: min(Self.adminGrace, timeLeft(until: deadline)), completion: completion)
    }

    /// Once: from then on another server may have its own there.
    public func removeAdminSocket() {
        if let adminSocket { options.admin?.remove(adminSocket) }
        adminSocket = nil
        admin = nil
    }

    /// For an operator's call that is under way.
    private static var adminGrace: Duration { .seconds(1) }
}
