// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import HTTPRouting
import Logging
import Settings
import SystemIO

/// A server at an address beside the port, with limits of its own: connections at the port do not fill it.
struct SideServer {
    let server: GRPCServer
    /// Its clients, for the log.
    let purpose: String
    private let place: SideAddress
    private let socket: FileStatus?

    /// Listens there, in plaintext. Throws when it cannot.
    init(
        at place: SideAddress, for purpose: String, on group: EventLoopGroup,
        services: [any GRPCService], http: [any HTTPService] = [], _ options: RuntimeOptions,
        logger: Logger
    ) throws(SystemCallError) {
        var configuration = options.server
        configuration.capacity.maxConnections = min(
            configuration.capacity.maxConnections, options.network.sideConnections)
        configuration.tls = nil
        self.place = place
        self.purpose = purpose
        server = try place.takeOver { () throws(SystemCallError) in
            try GRPCServer.start(
                at: place.address, on: group, services: services, http: http,
                configuration: configuration,
                logger: logger)
        }
        socket = place.socket
    }

    /// Removes the socket's name: from then on another server may listen there.
    func removeSocket() { if let socket { place.remove(socket) } }

    /// `completion` is called on some loop.
    func stop(within limit: Duration, _ completion: @escaping @Sendable () -> Void) {
        removeSocket()
        server.stop(within: limit) { _ in completion() }
    }
}
