// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
import GRPCWire
import ProtobufWire

/// `grpc.channelz.v1.Channelz`: what the servers, channels and connections of the process have done. For operators: it tells
/// who is connected.
///
/// Each answer is collected from loop to loop when it is asked for; nothing is kept for it beside the counters.
package final class ChannelzService: GRPCService {
    private let entries: ChannelzEntries

    /// Tells of these.
    package init(_ entries: ChannelzEntries) { self.entries = entries }

    package func register(in table: inout MethodTable, on loop: EventLoop) {
        func add(
            _ path: StaticString,
            _ answer: @escaping @Sendable (ChannelzRequest) async throws(Status) -> EncodedMessage
        ) {
            table.add(
                path, compression: .byHandler, runsOn: .loop,
                .asyncUnary { bytes, _ async throws(Status) in
                    try await answer(try ChannelzRequest(decoding: bytes))
                })
        }
        add("/grpc.channelz.v1.Channelz/GetTopChannels") { [self] request throws(Status) in
            try topChannels(request)
        }
        add("/grpc.channelz.v1.Channelz/GetServers") { [self] request async throws(Status) in
            try await servers(request)
        }
        add("/grpc.channelz.v1.Channelz/GetServer") { [self] request async throws(Status) in
            try await server(request)
        }
        add("/grpc.channelz.v1.Channelz/GetServerSockets") { [self] request async throws(Status) in
            try await serverSockets(request)
        }
        add("/grpc.channelz.v1.Channelz/GetChannel") { [self] request throws(Status) in
            try channel(request)
        }
        add("/grpc.channelz.v1.Channelz/GetSubchannel") { request throws(Status) in
            throw Self.notFound("subchannel", request[1])
        }
        add("/grpc.channelz.v1.Channelz/GetSocket") { [self] request async throws(Status) in
            try await socket(request)
        }
    }

    private static func notFound(_ kind: String, _ number: Int64) -> Status {
        Status(.notFound, "there is no \(kind) \(number)")
    }

    // MARK: Channels

    private func topChannels(_ request: ChannelzRequest) throws(Status) -> EncodedMessage {
        let limit = try request.limit(2)
        let all = entries.channels.enumerated().filter {
            ChannelzID.channel($0.offset) >= request[1]
        }
        let writer = ChannelzWriter()
        return writer.page(
            of: all.prefix(limit).map { index, channel in
                { writer.channel(index, channel, to: &$0) }
            }, isLast: all.count <= limit)
    }

    private func channel(_ request: ChannelzRequest) throws(Status) -> EncodedMessage {
        let channels = entries.channels
        guard case .channel(let index)? = ChannelzID.entity(request[1]),
            channels.indices.contains(index)
        else { throw Self.notFound("channel", request[1]) }
        let writer = ChannelzWriter()
        return writer.single { writer.channel(index, channels[index], to: &$0) }
    }

    // MARK: Servers

    private func servers(_ request: ChannelzRequest) async throws(Status) -> EncodedMessage {
        let limit = try request.limit(2)
        let all = entries.servers.enumerated().filter {
            ChannelzID.server($0.offset) >= request[1]
        }
        var items: [(inout FieldWriter) -> Void] = []
        let writer = ChannelzWriter()
        for (index, listed) in all.prefix(limit) {
            let statistics = await listed.server.statistics()
            items.append { writer.server(index, listed, statistics, to: &$0) }
        }
        return writer.page(of: items, isLast: all.count <= limit)
    }

    private func server(_ request: ChannelzRequest) async throws(Status) -> EncodedMessage {
        guard case .server(let index)? = ChannelzID.entity(request[1]),
            let listed = listed(index)
        else { throw Self.notFound("server", request[1]) }
        let statistics = await listed.server.statistics()
        let writer = ChannelzWriter()
        return writer.single { writer.server(index, listed, statistics, to: &$0) }
    }

    private func listed(_ index: Int) -> ChannelzEntries.ListedServer? {
        let servers = entries.servers
        return servers.indices.contains(index) ? servers[index] : nil
    }

    // MARK: Sockets

    private func serverSockets(_ request: ChannelzRequest) async throws(Status) -> EncodedMessage {
        guard case .server(let index)? = ChannelzID.entity(request[1]),
            let listed = listed(index)
        else { throw Self.notFound("server", request[1]) }
        let limit = try request.limit(3)
        var sockets: [(number: Int64, name: String)] = []
        if let first = ChannelzID.firstPlace(from: request[2], server: index) {
            // One more tells whether there is a next page.
            for (place, peer) in await listed.server.connections(from: first, limit: limit + 1) {
                if let number = ChannelzID.socket(server: index, place) {
                    sockets.append((number, peer))
                }
            }
        }
        let writer = ChannelzWriter()
        return writer.page(
            of: sockets.prefix(limit).map { socket in
                { writer.socketRef(socket.number, socket.name, to: &$0) }
            }, isLast: sockets.count <= limit)
    }

    private func socket(_ request: ChannelzRequest) async throws(Status) -> EncodedMessage {
        let number = request[1]
        let writer = ChannelzWriter()
        switch ChannelzID.entity(number) {
        case .listenSocket(let server, let loop)?:
            guard let listed = listed(server), loop < listed.server.loopCount else { break }
            let address = listed.server.address
            return writer.single { writer.listenSocket(number, address, to: &$0) }
        case .socket(let server, let place)?:
            guard let listed = listed(server),
                let statistics = await listed.server.connection(at: place)
            else { break }
            return writer.single { writer.socket(number, statistics, to: &$0) }
        default: break
        }
        throw Self.notFound("socket", number)
    }
}
