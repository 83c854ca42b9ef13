// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import ByteStream
import CLinux
package import GRPCWire
package import SystemIO
package import TLSWire

/// A connection to a gRPC server, driven by the thread that uses it: one thread, and each call blocks no longer than it
/// is told. For unary and server-streaming methods.
///
/// ```swift
/// let connection = try ClientConnection.connect(to: try ClientTarget("localhost:50051"))
/// let watch = connection.start(ClientRequest("/grpc.health.v1.Health/Watch"))
/// while let message = try connection.nextMessage(of: watch) { print(message) }
/// ```
public final class ClientConnection {
    /// The address of the server.
    package let address: SocketAddress
    /// When it was begun.
    package let start = MonotonicTime.now()
    /// When the kernel had connected it.
    package private(set) var connected: MonotonicTime?
    /// When the server's SETTINGS came.
    package private(set) var established: MonotonicTime?
    /// The calls that go out with the preface: their answers take one round trip.
    package private(set) var firstCalls: [ClientCall] = []
    private var socket: StreamSocket
    private var exchange: ClientExchange
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 8)
    /// The server receives nothing more: what it has sent is all that will come.
    private var isGone = false

    deinit { buffer.deallocate() }

    /// Starts to connect to `address`, and to make the calls of `requests`.
    package static func open(
        _ address: SocketAddress, _ configuration: ClientConfiguration, _ requests: [ClientRequest]
    ) throws(ConnectionError) -> ClientConnection {
        let socket = try socket(address, configuration)
        let exchange = try ClientExchange.make(configuration)
        let connection = ClientConnection(address, socket, exchange)
        connection.firstCalls = requests.map { connection.start($0) }
        return connection
    }

    private init(
        _ address: SocketAddress, _ socket: consuming StreamSocket,
        _ exchange: consuming ClientExchange
    ) {
        self.address = address
        self.socket = socket
        self.exchange = exchange
    }

    private static func socket(
        _ address: SocketAddress, _ configuration: ClientConfiguration
    ) throws(ConnectionError) -> StreamSocket {
        let tls = try session(configuration)
        do throws(SystemCallError) {
            return try .connect(to: address, tls: tls)
        } catch {
            throw Self.error(error, address)
        }
    }

    private static func session(
        _ configuration: ClientConfiguration
    ) throws(ConnectionError) -> TLSSession? {
        guard let context = configuration.tls else { return nil }
        do throws(TLSFailure) {
            return try .client(context, serverName: configuration.serverName)
        } catch {
            throw .tls(error)
        }
    }

    private static func error(_ error: SystemCallError, _ address: SocketAddress) -> ConnectionError
    {
        if error != SystemCallError("connect", error.errno) { return .system(error) }
        // A Unix socket says EAGAIN for a full backlog.
        return error.errno == .wouldBlock
            ? .backlogFull(of: address.text) : .connect(to: address.text, error.errno)
    }

    // MARK: What it is at

    /// The kernel has not connected it yet.
    package var isConnecting: Bool { socket.isConnecting }

    /// What TLS has agreed on; nil without it.
    package var agreement: TLSAgreement? { socket.agreement }

    /// The server's GOAWAY, once it has come.
    package var goAway: GoAway? { exchange.goAway }

    /// What to wait for, and on which descriptor.
    var interest: pollfd {
        let isSending = socket.isConnecting || socket.hasUnsent
        let events = (socket.isConnecting ? 0 : POLLIN) | (isSending ? POLLOUT : 0)
        return pollfd(fd: socket.rawDescriptor, events: Int16(events), revents: 0)
    }

    /// Why it is not established when its time is over.
    package var delay: ConnectionError {
        if !socket.isConnecting {
            if !socket.isSecure { return .silent }
            return socket.isOpen ? .silentInTLS : .tlsSilent
        }
        return isToThisMachine
            ? .backlogFull(of: address.text) : .connectTimedOut(to: address.text)
    }

    /// The connection goes to the machine that it comes from.
    private var isToThisMachine: Bool {
        if !address.isTCP || address.isLoopback { return true }
        do throws(SystemCallError) {
            return try socket.localAddress().isSameHost(as: address)
        } catch {
            return false
        }
    }

    // MARK: Calls

    /// Starts a call. It is sent, and its answer comes, while the connection is waited for.
    public func start(_ request: ClientRequest) -> ClientCall {
        exchange.start(request, at: .now())
    }

    /// Ends a call, unless it has ended. The server is told with the next bytes that are sent.
    package func end(_ call: ClientCall, _ status: Status) {
        exchange.end(call, status, at: .now())
    }

    /// Ends every call that goes on.
    package func endAll(_ status: Status) { exchange.endAll(status, at: .now()) }

    // MARK: Waiting

    /// Blocks until `isDone`; false when `deadline` passed first.
    package func advance(
        until deadline: MonotonicTime, _ isDone: () -> Bool
    ) throws(ConnectionError) -> Bool {
        while !isDone() {
            if MonotonicTime.now() >= deadline { return false }
            try advance(until: deadline)
        }
        return true
    }

    /// Sends what waits to be sent, then receives once; blocks until `deadline` at most.
    func advance(until deadline: MonotonicTime) throws(ConnectionError) {
        if socket.isConnecting {
            guard wait(for: POLLOUT, until: deadline) else { return }
            if let errno = socket.finishConnecting() { throw .connect(to: address.text, errno) }
        }
        let now = MonotonicTime.now()
        if connected == nil { connected = now }
        try exchangeBytes(until: deadline)
        if established == nil, exchange.isEstablished { established = .now() }
    }

    /// The clock is looked at after each read: a server that sends all the time gets no more time than a silent one.
    private func exchangeBytes(until deadline: MonotonicTime) throws(ConnectionError) {
        let endings = exchange.endings
        try send(until: deadline)
        // Our GOAWAY is out.
        if let end = exchange.end { throw end }
        // A call whose answer is malformed ends when its RST_STREAM is out: nothing more comes of it.
        if exchange.endings != endings { return }
        if try takeReceived(until: deadline) { return }
        repeat {
            switch try receive(until: deadline) {
            case .bytes(let count): return try take(count)
            case .noPlaintext: try send(until: deadline)
            case .endOfFile: throw endError
            case .wouldBlock:
                if isGone { throw endError }
                _ = wait(for: POLLIN, until: deadline)
            }
        } while .now() < deadline
    }

    /// With TLS 1.3 a server may refuse the handshake after the client's side of it is over.
    private var endError: ConnectionError {
        socket.isSecure && established == nil ? .tls(.closed) : .closed
    }

    /// Takes what TLS has received before; false when the server has to send more.
    private func takeReceived(until deadline: MonotonicTime) throws(ConnectionError) -> Bool {
        let reading: StreamSocket.Reading?
        do throws(StreamError) {
            reading = try socket.readReceived(into: buffer)
        } catch {
            throw failed(error, until: deadline)
        }
        switch reading {
        case .bytes(let count)?: try take(count)
        case .endOfFile?: throw endError
        default:
            if socket.isSecure { try send(until: deadline) }
            return false
        }
        return true
    }

    private func receive(
        until deadline: MonotonicTime
    ) throws(ConnectionError) -> StreamSocket.Reading {
        do throws(StreamError) {
            return try socket.receive(into: buffer)
        } catch {
            if case .system(let error) = error, error.errno == .connectionReset {
                return .endOfFile
            }
            throw failed(error, until: deadline)
        }
    }

    private func take(_ count: Int) throws(ConnectionError) {
        try exchange.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: .now())
    }

    /// Sends every frame that waits in one call: frames sent one by one would meet delayed acknowledgements.
    private func send(until deadline: MonotonicTime) throws(ConnectionError) {
        if socket.isOpen {
            let output = try exchange.takeOutput(at: .now())
            do throws(StreamError) { try socket.write(output) } catch { throw Self.error(error) }
        }
        while try !flush() {
            if !wait(for: POLLOUT, until: deadline) { return }
        }
    }

    /// True when nothing is left to send.
    private func flush() throws(ConnectionError) -> Bool {
        do throws(SystemCallError) {
            return try socket.flush()
        } catch {
            guard error.errno == .brokenPipe || error.errno == .connectionReset else {
                throw .system(error)
            }
            // The next receive says why.
            isGone = true
            return true
        }
    }

    /// Sends the alert that tells the server what is wrong.
    private func failed(_ error: StreamError, until deadline: MonotonicTime) -> ConnectionError {
        try? send(until: deadline)
        return Self.error(error)
    }

    private static func error(_ error: StreamError) -> ConnectionError {
        switch error {
        case .system(let error): .system(error)
        case .tls(let failure): .tls(failure)
        }
    }

    /// False when the deadline passed first.
    private func wait(for events: CInt, until deadline: MonotonicTime) -> Bool {
        while true {
            var entry = pollfd(fd: socket.rawDescriptor, events: Int16(events), revents: 0)
            if poll(&entry, 1, deadline.pollTimeout(from: .now())) > 0 { return true }
            if .now() >= deadline { return false }
        }
    }
}
