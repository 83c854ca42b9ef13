// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import DiscoverySettings
import EventLoops
import GRPCTransport
import Registering
import SkillServices
import StatusBoard
import StatusPages
import SystemIO

/// The runtime in registries, where others find it.
extension Runtime {
    /// For the stores to be told before callers are, and for the end.
    private static var registryLimit: Duration { .milliseconds(500) }

    /// Nil without a registry.
    func startRegistering(_ server: GRPCServer) -> Registrar? {
        let given = options.registration.serviceName
        let identity = ServiceIdentity(
            service: given.isEmpty ? options.models.skill : given, version: Vitals.version,
            start: state.startTime)
        var process = RegistrationOptions.Process(
            name: identity.service, id: identity.instance, version: identity.version,
            host: ownHost, port: server.address.port ?? options.network.port)
        let tls = options.tls.configuration == nil ? "" : "s"
        // Elsewhere than at the port, pages are for this machine's own.
        process.health =
            options.network.http == nil ? ("http" + tls, nil, "/health") : ("grpc" + tls, nil, "")
        let registrar = options.registration.makeRegistrar(
            of: process, board: state.board, on: control, logger: logger)
        registrar?.start()
        return registrar
    }

    /// The address to listen on, where it is one that others reach.
    private var ownHost: String? {
        let host = options.network.host
        guard let address = SocketAddress(numeric: host, port: 0), !address.isUnspecified else {
            return nil
        }
        return host
    }

    /// Registries know of the drain before callers do.
    func tellRegistriesOfDrain(_ completion: @escaping () -> Void) {
        guard let registrar = watches.registrar else { return completion() }
        registrar.drain(within: Self.registryLimit, completion)
    }

    /// Takes the runtime out of its registries.
    func leaveRegistries(_ completion: @escaping () -> Void) {
        guard let registrar = watches.registrar else { return completion() }
        registrar.end(within: Self.registryLimit, completion)
    }
}
