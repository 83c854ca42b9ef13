// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import SystemIO
import TLSWire

/// One attempt to reach one address: a connection on its way, and the calls that go out with its preface.
final class ProbeAttempt {
    let address: SocketAddress
    let started = MonotonicTime.now()
    private(set) var calls: [ProbeCall]
    private var connection: ProbeConnection
    /// When the kernel had the connection.
    private(set) var reached: MonotonicTime?
    /// When the server's SETTINGS came.
    private(set) var established: MonotonicTime?
    /// The server's GOAWAY, once it came: its code and its text.
    private(set) var goAway: (code: HTTP2ErrorCode, text: String)?

    init(
        _ connection: consuming ProbeConnection, to address: SocketAddress, _ calls: [ProbeCall],
        headers: (ProbeCall) -> HeaderFields
    ) {
        self.connection = connection
        self.address = address
        self.calls = calls
        for call in calls {
            _ = self.connection.session.request(call, headers: headers(call), hasBody: true)
        }
    }

    /// What to wait for, and on which descriptor.
    var interest: (descriptor: CInt, isConnecting: Bool) {
        (connection.rawDescriptor, connection.isConnecting)
    }

    /// Asks one more question on the same connection.
    func ask(_ call: ProbeCall, headers: HeaderFields) -> Bool {
        calls = [call]
        return connection.session.request(call, headers: headers, hasBody: true)
    }

    /// Why the connection is not there when its time is over.
    var causeOfDelay: ProbeCause {
        if !connection.isConnecting {
            guard let tls = connection.tls else { return .silent }
            return tls.isEstablished ? .silentInTLS : .tlsSilent
        }
        return connection.isToThisMachine(address)
            ? .backlogFull(of: address.text) : .connectTimedOut(to: address.text)
    }

    /// Goes on with what the server sent, and waits for it until `deadline`. False when it passed first.
    func advance(until deadline: MonotonicTime) throws(ProbeCause) -> Bool {
        if connection.isConnecting {
            guard try connection.finishConnecting(to: address, until: deadline) else {
                return false
            }
        }
        if reached == nil { reached = .now() }
        switch try connection.exchange(until: deadline) {
        case .deadlinePassed: return false
        case .endOfFile:
            // With TLS 1.3 a server may find fault with the handshake after the client's side of it is over.
            let isRefused = connection.tls != nil && established == nil
            throw isRefused ? .tlsFailed(.closed) : .hungUp
        case .events: break
        }
        for event in connection.batch.events { take(event) }
        if established == nil, let status = calls.first?.status {
            // It answered before its SETTINGS: HTTP/2 of a kind, but no connection.
            throw .http2(text: status.message)
        }
        return true
    }

    private func take(_ event: HTTP2Event) {
        switch event {
        case .settings:
            if established == nil { established = .now() }
        case .goAway(_, let code, let text):
            goAway = (code, String(decoding: text.prefix(512), as: UTF8.self))
        default: break
        }
        for call in calls { call.received(event) }
    }
}
