// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import ProtobufWire
import SystemIO
import TLSWire

/// Writes the messages of `grpc.channelz.v1`; what has the default value of its type is left out.
struct ChannelzWriter {
    /// The moment that is now on both clocks.
    private let now: (monotonic: MonotonicTime, wall: Int64)

    /// A writer for one answer.
    init() {
        now = (.now(), Timestamp.nanosecondsNow)
    }

    // MARK: Answers

    /// An answer whose field 1 is repeated, and whose field 2 says that there is no more.
    func page(
        of items: [(inout FieldWriter) -> Void], isLast: Bool
    ) -> EncodedMessage {
        var writer = FieldWriter()
        for item in items { writer.message(1, item) }
        if isLast { writer.varint(2, 1) }
        return Self.message(writer)
    }

    /// An answer whose field 1 is the only one.
    func single(_ item: (inout FieldWriter) -> Void) -> EncodedMessage {
        var writer = FieldWriter()
        writer.message(1, item)
        return Self.message(writer)
    }

    private static func message(_ writer: FieldWriter) -> EncodedMessage {
        EncodedMessage(count: writer.count) { $0.copyBytes(from: writer.bytes) }
    }

    // MARK: Parts of them

    /// `Server`.
    func server(
        _ index: Int, _ listed: ChannelzEntries.ListedServer, _ statistics: ServerStatistics,
        to writer: inout FieldWriter
    ) {
        writer.message(1) {
            $0.int64(5, ChannelzID.server(index))
            $0.text(6, listed.name)
        }
        let started = statistics.methods.reduce(0) { $0 + $1.started }
        let open = statistics.methods.reduce(0) { $0 + $1.open }
        let succeeded = statistics.methods.reduce(0) { $0 + $1.ended(with: .ok) }
        let latest = statistics.traffic.latestCall
        writer.message(2) {
            number(2, started, to: &$0)
            number(3, succeeded, to: &$0)
            number(4, started - open - succeeded, to: &$0)
            if started > 0 { time(5, latest, to: &$0) }
        }
        for loop in 0..<listed.server.loopCount {
            writer.message(3) { writer in
                socketRef(
                    ChannelzID.listenSocket(server: index, loop: loop),
                    listed.server.address.text, to: &writer)
            }
        }
    }

    /// `Channel`.
    func channel(
        _ index: Int, _ channel: ChannelzEntries.Channel, to writer: inout FieldWriter
    ) {
        writer.message(1) {
            $0.int64(1, ChannelzID.channel(index))
            $0.text(2, channel.target)
        }
        writer.message(2) {
            $0.message(1) { state in
                if channel.state != .unknown { state.varint(1, channel.state.rawValue) }
            }
            $0.text(2, channel.target)
            number(4, channel.callsStarted, to: &$0)
            number(5, channel.callsSucceeded, to: &$0)
            number(6, channel.callsFailed, to: &$0)
            if let latest = channel.latestCall { time(7, latest, to: &$0) }
        }
    }

    /// `SocketRef`.
    func socketRef(_ number: Int64, _ name: String, to writer: inout FieldWriter) {
        writer.int64(3, number)
        writer.text(4, name)
    }

    /// `Socket`, of a connection.
    func socket(_ id: Int64, _ socket: SocketStatistics, to writer: inout FieldWriter) {
        writer.message(1) { socketRef(id, socket.remote?.text ?? "", to: &$0) }
        writer.message(2) { writer in
            if let calls = socket.calls { data(calls, to: &writer) }
        }
        if let local = socket.local { address(3, local, to: &writer) }
        if let remote = socket.remote { address(4, remote, to: &writer) }
        if let security = socket.security {
            writer.message(5) {
                $0.message(1) { tls in
                    tls.text(1, security.agreement.cipher)
                    if !security.ownCertificate.isEmpty { tls.data(3, security.ownCertificate) }
                    if !security.peerCertificate.isEmpty { tls.data(4, security.peerCertificate) }
                }
            }
        }
    }

    /// `Socket`, of one that listens.
    func listenSocket(_ id: Int64, _ address: SocketAddress, to writer: inout FieldWriter) {
        writer.message(1) { socketRef(id, address.text, to: &$0) }
        writer.message(2) { _ in }
        self.address(3, address, to: &writer)
    }

    private func data(_ calls: SocketStatistics.Calls, to writer: inout FieldWriter) {
        number(1, calls.streamsStarted, to: &writer)
        number(2, calls.streamsSucceeded, to: &writer)
        number(3, calls.streamsFailed, to: &writer)
        number(4, calls.messagesSent, to: &writer)
        number(5, calls.messagesReceived, to: &writer)
        number(6, calls.keepalivesSent, to: &writer)
        if let latest = calls.latestStream { time(8, latest, to: &writer) }
        if let latest = calls.latestSent { time(9, latest, to: &writer) }
        if let latest = calls.latestReceived { time(10, latest, to: &writer) }
        writer.message(11) { number(1, calls.sendWindow, to: &$0) }
        writer.message(12) { number(1, calls.receiveWindow, to: &$0) }
    }

    /// `Address`; a Unix socket without a name is left out.
    private func address(
        _ number: UInt32, _ address: SocketAddress, to writer: inout FieldWriter
    ) {
        if let host = address.hostBytes {
            writer.message(number) {
                $0.message(1) { tcp in
                    tcp.data(1, host)
                    self.number(2, Int(address.port ?? 0), to: &tcp)
                }
            }
        } else if address.text != "unix:" {
            writer.message(number) {
                $0.message(2) { $0.text(1, String(address.text.dropFirst(5))) }
            }
        }
    }

    private func number(_ number: UInt32, _ value: Int, to writer: inout FieldWriter) {
        if value != 0 { writer.int64(number, Int64(value)) }
    }

    /// A `google.protobuf.Timestamp`, on the wall's clock as it is now.
    private func time(_ number: UInt32, _ time: MonotonicTime, to writer: inout FieldWriter) {
        let moment = now.wall - (now.monotonic - time).wholeNanoseconds
        writer.message(number) {
            $0.int64(1, moment / 1_000_000_000)
            self.number(2, Int(moment % 1_000_000_000), to: &$0)
        }
    }
}
