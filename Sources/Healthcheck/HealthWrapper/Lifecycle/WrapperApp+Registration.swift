// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoverySettings
import EventLoops
import Registering
import ServedRegistry
import StatusPages
import SystemIO

/// The command in registries, where others find it.
extension WrapperApp {
    /// What registers the command; nil without a registry. It has not begun.
    func makeRegistrar(
        _ state: WrapperState, alsoIn server: RegistryServer?, _ loop: EventLoop
    ) -> Registrar? {
        var process = RegistrationOptions.Process(
            name: state.identity.service, id: state.identity.instance, version: "", host: nil,
            port: options.health.port)
        // The pages of the wrapper, where others reach them.
        if let port = options.addresses.port?.reachablePort {
            process.health = ("http", port, "/health")
        }
        return options.registration.makeRegistrar(
            of: process, alsoIn: server, board: state.board, on: loop, logger: state.logger)
    }
}
