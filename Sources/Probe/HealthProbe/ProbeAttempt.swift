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
    private let headers: (ProbeCall) -> HeaderFields
    /// When the kernel had the connection.
    private(set) var reached: MonotonicTime?
    /// When the server's SETTINGS came.
    private(set) var established: MonotonicTime?
    /// The server's GOAWAY, once it came: its code and its text.
    private(set) var goAway: (code: HTTP2ErrorCode, text: String)?

    init(
        _ connection: consuming ProbeConnection, to address: SocketAddress, _ calls: [ProbeCall],
        headers: @escaping (ProbeCall) -> HeaderFields
    ) {
        self.connection = connection
        self.address = address
        self.calls = calls
        self.headers = headers
        for call in calls { _ = send(call) }
    }

    private func send(_ call: ProbeCall) -> Bool {
        connection.session.request(call, headers: headers(call), hasBody: true)
    }

    /// What to wait for, and on which descriptor.
    var interest: (descriptor: CInt, isConnecting: Bool) {
        (connection.rawDescriptor, connection.isConnecting)
    }

    /// Asks one more question on the same connection.
    func ask(_ call: ProbeCall) -> Bool {
        calls = [call]
        return send(call)
    }

    /// Asks once more what the server refused to look at, unless it is going away.
    private func askRefusedAgain() {
        guard goAway == nil else { return }
        for index in calls.indices {
            if let retry = calls[index].retry, send(retry) { calls[index] = retry }
        }
    }

    /// What TLS has agreed on; nil without it.
    var agreement: TLSAgreement? { connection.tls?.agreement }

    /// Why the connection is not there when its time is over.
    var causeOfDelay: ProbeCause {
        if !connection.isConnecting {
            guard let tls = connection.tls else { return .silent }
            return tls.isEstablished ? .silentInTLS : .tlsSilent
        }
        return connection.isToThisMachine(address)
            ? .backlogFull(of: address.text) : .connectTimedOut(to: address.text)
    }

    /// Goes on until `isDone`. False when `deadline` passed first.
    func advance(
        until deadline: MonotonicTime, _ isDone: () -> Bool
    ) throws(ProbeCause) -> Bool {
        while !isDone() {
            if MonotonicTime.now() >= deadline { return false }
            try advance(until: deadline)
        }
        return true
    }

    /// Goes on with what the server sent, and waits for it until `deadline` at most.
    func advance(until deadline: MonotonicTime) throws(ProbeCause) {
        if connection.isConnecting {
            guard try connection.finishConnecting(to: address, until: deadline) else { return }
        }
        if reached == nil { reached = .now() }
        switch try connection.exchange(until: deadline) {
        case .deadlinePassed: return
        case .endOfFile:
            // With TLS 1.3 a server may find fault with the handshake after the client's side of it is over.
            let isRefused = connection.tls != nil && established == nil
            throw isRefused ? .tlsFailed(.closed) : .hungUp
        case .events: break
        }
        for event in connection.events { take(event) }
        askRefusedAgain()
        if established == nil, let status = calls.first?.status {
            // It answered before its SETTINGS: HTTP/2 of a kind, but no connection.
            throw .http2(text: status.message)
        }
    }

    private func take(_ event: HTTP2Event) {
        switch event {
        case .settings:
            if established == nil { established = .now() }
        case .goAway(_, let code, let text):
            goAway = (code, String(decoding: text.prefix(512), as: UTF8.self))
        default: break
        }
        let violation = connection.session.lastViolation
        for call in calls { call.received(event, violation: violation) }
    }
}
