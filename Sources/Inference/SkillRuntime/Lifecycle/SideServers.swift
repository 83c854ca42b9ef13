// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCChannelz
import GRPCTransport
import HTTPRouting
import JSONHealth
import Logging
import Settings
import SystemIO

/// The servers at the addresses beside the port: one for operators, one for health alone,
/// one for HTTP. Belongs to the control loop.
final class SideServers {
    private(set) var servers: [SideServer] = []
    /// What operators are told of: all servers, and the channel to the model server.
    let channelz = ChannelzEntries()
    /// The loop of the server for health alone.
    private(set) var healthLoop: EventLoop?
    private var json: JSONSide?
    private let options: RuntimeOptions
    private let control: EventLoop
    private let logger: Logger

    /// The socket for questions in JSON.
    private struct JSONSide {
        let server: JSONHealthServer
        let place: SideAddress
        let socket: FileStatus?
    }

    /// For a call that is under way there when everything else has ended.
    private static let grace = Duration.seconds(1)

    init(_ options: RuntimeOptions, control: EventLoop, logger: Logger) {
        self.options = options
        self.control = control
        self.logger = logger
    }

    deinit { healthLoop?.stop() }

    /// Listens for operators, where there is an address for them. Throws when it cannot listen there.
    func startAdmin(
        on group: EventLoopGroup, services: [any GRPCService], http: [any HTTPService]
    ) throws(SystemCallError) {
        guard let place = options.network.admin else { return }
        add(
            try SideServer(
                at: place, for: "admin", on: group,
                services: services + [ChannelzService(channelz)], http: http, options,
                logger: logger))
    }

    /// Listens for HTTP alone, where there is an address for it. Throws when it cannot listen there.
    func startHTTP(
        on group: EventLoopGroup, _ pages: [any HTTPService]
    ) throws(SystemCallError) {
        guard let place = options.network.http else { return }
        add(
            try SideServer(
                at: place, for: "http", on: group, services: [], http: pages, options,
                logger: logger))
    }

    /// Listens for health alone, where there is an address for it. Its loop does nothing else, so that its answers wait
    /// for nothing that happens at the port. Throws when it cannot listen there.
    func startHealth(_ services: [any GRPCService]) throws(SystemCallError) {
        guard let place = options.network.health else { return }
        let group = try EventLoopGroup(count: 1)
        healthLoop = group.loops[0]
        add(
            try SideServer(
                at: place, for: "health", on: group, services: services, options, logger: logger))
    }

    private func add(_ side: SideServer) {
        servers.append(side)
        channelz.add(side.server, name: side.purpose)
    }

    /// Listens for questions in JSON, where there is a socket for them. Throws when it cannot listen there.
    func startJSON(
        on loop: EventLoop, takeHeartbeat: JSONHeartbeat.Take?,
        makeReport: @escaping @Sendable () -> () -> JSONHealthReport
    ) throws(SystemCallError) {
        guard let place = options.network.json else { return }
        let server = try place.takeOver { () throws(SystemCallError) in
            try JSONHealthServer.start(
                at: place.address, on: loop, takeHeartbeat: takeHeartbeat, makeReport: makeReport)
        }
        json = JSONSide(server: server, place: place, socket: place.socket)
    }

    /// What each address is for, and where it is.
    var addresses: [(purpose: String, address: String)] {
        servers.map { ($0.purpose, $0.server.address.text) }
            + (json.map { [("JSON", $0.place.address.text)] } ?? [])
    }

    /// No client is connected.
    var areAlone: Bool {
        servers.allSatisfy { $0.server.counters.connections == 0 }
            && json?.server.clientCount ?? 0 == 0
    }

    /// Stops them; `completion` is called on the control loop. They stay in the list: the last metrics are of all servers.
    func stop(by deadline: MonotonicTime, _ completion: @escaping @Sendable () -> Void) {
        stop(servers.count, by: deadline, completion)
    }

    /// Stops the first `count` of them, from the last one on.
    private func stop(
        _ count: Int, by deadline: MonotonicTime, _ completion: @escaping @Sendable () -> Void
    ) {
        guard count > 0, count <= servers.count else { return stopJSON(completion) }
        let bound = LoopBound(self, on: control)
        servers[count - 1].stop(within: min(Self.grace, deadline.timeLeft)) {
            bound.loop.post { bound.value.stop(count - 1, by: deadline, completion) }
        }
    }

    private func stopJSON(_ completion: @escaping @Sendable () -> Void) {
        guard let json else { return completion() }
        removeJSONSocket()
        json.server.stop { [control] in control.post(completion) }
    }

    /// From then on another server may listen there.
    private func removeJSONSocket() {
        if let json, let socket = json.socket { json.place.remove(socket) }
        json = nil
    }

    /// Removes their sockets, when the process ends without a stop.
    func removeSockets() {
        for server in servers { server.removeSocket() }
        servers = []
        removeJSONSocket()
    }
}

extension MonotonicTime {
    /// From now on; never negative.
    var timeLeft: Duration { max(.zero, self - .now()) }
}
