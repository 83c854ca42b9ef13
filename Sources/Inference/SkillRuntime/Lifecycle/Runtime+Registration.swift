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
    /// What the process is called, on its pages and in registries.
    var identity: ServiceIdentity {
        let given = options.registration.serviceName
        return ServiceIdentity(
            service: given.isEmpty ? options.models.skill : given, version: Vitals.version,
            start: state.startTime)
    }

    /// For the stores to be told before callers are, and for the end.
    private var registryLimit: Duration {
        min(.milliseconds(500), options.drain.times.deadline / 4)
    }

    /// What the end needs behind all else.
    var timeToLeaveRegistries: Duration { companions.registrar == nil ? .zero : registryLimit }

    /// Nil without a registry.
    func startRegistering(_ server: GRPCServer) -> Registrar? {
        let identity = identity
        var process = RegistrationOptions.Process(
            name: identity.service, id: identity.instance, version: identity.version,
            host: ownHost(server.address), port: server.address.port ?? options.network.port)
        let tls = options.tls.configuration == nil ? "" : "s"
        // Elsewhere than at the port, pages are for this machine's own.
        process.health =
            options.network.http == nil ? ("http" + tls, nil, "/health") : ("grpc" + tls, nil, "")
        let registrar = options.registration.makeRegistrar(
            of: process, alsoIn: companions.registry, board: state.board, on: control,
            logger: logger)
        if let registrar { figures.add(registrar.figures) }
        registrar?.start()
        return registrar
    }

    /// The address that a server listens on; nil for every address of this machine. `--host` may be a name, and it is this
    /// address of it where something listens.
    private func ownHost(_ address: SocketAddress) -> String? {
        address.isTCP && !address.isUnspecified ? address.numericHost : nil
    }

    /// Registries know of the drain before callers do.
    func tellRegistriesOfDrain(_ completion: @escaping () -> Void) {
        guard let registrar = companions.registrar else { return completion() }
        registrar.drain(within: registryLimit, completion)
    }

    /// Takes the runtime out of its registries.
    func leaveRegistries(_ completion: @escaping () -> Void) {
        guard let registrar = companions.registrar else { return completion() }
        registrar.end(within: registryLimit, completion)
    }
}
