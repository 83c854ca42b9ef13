// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EtcdProtocol
import EventLoops
import GRPCClient
import GRPCWire
import InstanceRegistry
import Outbound
import OutboundCalls
import SystemIO
import TLSWire
import Text

/// The connection of a store to one member of the cluster at a time. What fails there is tried at the next member.
final class EtcdLink {
    typealias Answer = Result<[UInt8], StoreFailure>

    let settings: EtcdSettings
    let loop: EventLoop
    private let resolver: OutboundResolver
    private let buffer: ReceiveBuffer
    private var connection: CallConnection?
    /// The member that the connection is to, or the next one will be.
    private var position: Int
    private var token: String?
    /// What goes on once the login is over.
    private var waitingForLogin: [(StoreFailure?) -> Void] = []
    private var isLoggingIn = false
    private var operations: [ObjectIdentifier: Operation] = [:]
    private(set) var isClosed = false

    /// Questions that go on at most.
    private static let operationLimit = 10_000

    /// One question, with its attempts.
    private final class Operation {
        let method: String
        let message: EncodedMessage
        let done: (Answer) -> Void
        var attemptsLeft: Int
        var hasWaited = false
        var hasLoggedIn = false
        var timer: TimerID?

        init(
            _ method: String, _ message: EncodedMessage, attempts: Int,
            _ done: @escaping (Answer) -> Void
        ) {
            self.method = method
            self.message = message
            self.attemptsLeft = attempts
            self.done = done
        }
    }

    init(
        _ settings: EtcdSettings, on loop: EventLoop, _ resolver: OutboundResolver,
        _ buffer: ReceiveBuffer
    ) {
        self.settings = settings
        self.loop = loop
        self.resolver = resolver
        self.buffer = buffer
        position = settings.first ?? Int.random(in: 0..<max(settings.endpoints.count, 1))
    }

    /// The member that is asked now, for errors.
    private var endpoint: HostAndPort {
        settings.endpoints[position % settings.endpoints.count]
    }

    // MARK: Questions

    /// Asks, at another member as well where one fails; the answer comes later, never inside this.
    func ask(
        _ method: String, _ message: EncodedMessage, _ done: @escaping (Answer) -> Void
    ) {
        let refusal: StoreFailure? =
            isClosed
            ? .closed
            : operations.count >= Self.operationLimit
                ? .refused("\(Self.operationLimit) requests to etcd wait already: try again later")
                : nil
        if let refusal { return loop.atEndOfTick { done(.failure(refusal)) } }
        let operation = Operation(
            method, message, attempts: max(settings.endpoints.count, 2), done)
        operations[ObjectIdentifier(operation)] = operation
        attempt(operation)
    }

    private func attempt(_ operation: Operation) {
        operation.attemptsLeft -= 1
        whenReady { [self] failure in
            guard operations[ObjectIdentifier(operation)] != nil else { return }
            if let failure { return finish(operation, .failure(failure)) }
            do throws(StoreFailure) {
                let connection = try current()
                connection.ask(request(operation.method, operation.message)) { [self] result in
                    switch result {
                    case .success(let message): finish(operation, .success(message))
                    case .failure(let status): failed(operation, connection, status)
                    }
                }
            } catch {
                finish(operation, .failure(error))
            }
        }
    }

    private func finish(_ operation: Operation, _ answer: Answer) {
        guard operations.removeValue(forKey: ObjectIdentifier(operation)) != nil else { return }
        if let timer = operation.timer { loop.cancel(timer) }
        operation.done(answer)
    }

    private func failed(_ operation: Operation, _ connection: CallConnection, _ status: Status) {
        if isClosed { return finish(operation, .failure(.closed)) }
        switch status.code {
        case .unauthenticated where !settings.user.isEmpty && !operation.hasLoggedIn:
            operation.hasLoggedIn = true
            operation.attemptsLeft += 1
            token = nil
            attempt(operation)
        case .unavailable where connection.takesCalls && !operation.hasWaited:
            // The member says so itself: an election may be going on, and its watches need not end for that.
            operation.hasWaited = true
            operation.attemptsLeft += 1
            operation.timer = loop.schedule(at: .now() + .milliseconds(200)) { [self] in
                operation.timer = nil
                attempt(operation)
            }
        case .unavailable, .deadlineExceeded:
            let failure = StoreFailure.unreachable(text(status))
            leave(connection)
            if operation.attemptsLeft > 0 { return attempt(operation) }
            finish(operation, .failure(failure))
        default:
            finish(operation, .failure(Self.refusal(status)))
        }
    }

    private func text(_ status: Status) -> String { "etcd at \(endpoint.text): \(status.message)" }

    /// A status that no other member would change.
    static func refusal(_ status: Status) -> StoreFailure {
        .refused("etcd: \(status.message) (\(status.code.name))")
    }

    private func request(_ method: String, _ message: EncodedMessage) -> ClientRequest {
        var request = ClientRequest("/etcdserverpb." + method, message)
        request.timeout = settings.times.answer
        request.maxMessageSize = 16 << 20
        if let token { request.fields.append(("token", token)) }
        return request
    }

    // MARK: A watch

    /// Starts a call of Watch at the present member. It ends when that has no leader (any more): `hasleader`.
    func watch(
        _ message: EncodedMessage, _ onEvent: @escaping (OutboundCall.Event) -> Void
    ) throws(StoreFailure) -> (CallConnection, OutboundCall) {
        if isClosed { throw .closed }
        let connection = try current()
        var request = request("Watch/Watch", message)
        request.timeout = nil
        request.isStreaming = true
        request.fields.append(("hasleader", "true"))
        return (connection, connection.start(request, onEvent))
    }

    /// Calls `then` when calls can be made: at once, or after a login.
    func whenReady(_ then: @escaping (StoreFailure?) -> Void) {
        if isClosed { return loop.atEndOfTick { then(.closed) } }
        if settings.user.isEmpty || token != nil { return then(nil) }
        waitingForLogin.append(then)
        if !isLoggingIn { logIn() }
    }

    /// The token may be the reason of a refusal.
    func forgetToken() { token = nil }

    // MARK: Connections

    /// Goes to the next member, unless that has happened already.
    func leave(_ connection: CallConnection) {
        guard connection === self.connection else { return }
        self.connection = nil
        position = (position + 1) % settings.endpoints.count
        connection.close("the connection was given up")
    }

    func close() {
        if isClosed { return }
        isClosed = true
        connection?.close("the store is closed")
        connection = nil
        for operation in operations.values {
            loop.atEndOfTick { [self] in finish(operation, .failure(.closed)) }
        }
        let waiting = waitingForLogin
        waitingForLogin = []
        loop.atEndOfTick { for then in waiting { then(.closed) } }
    }

    private func current() throws(StoreFailure) -> CallConnection {
        if let connection {
            if connection.takesCalls { return connection }
            // It has ended, or its calls end in peace (GOAWAY).
            self.connection = nil
            if connection.failure != nil { position = (position + 1) % settings.endpoints.count }
        }
        let endpoint = endpoint
        let name = settings.serverName.isEmpty ? endpoint.host : settings.serverName
        let target = OutboundTarget(
            .host(endpoint.host, port: endpoint.port), tls: settings.tls, serverName: name)
        var configuration = ClientConfiguration(authority: endpoint.text, tls: settings.tls)
        configuration.serverName = name
        do throws(ConnectionError) {
            let new = try CallConnection.open(
                to: target, configuration, on: loop, resolver, buffer, within: settings.times.answer
            )
            connection = new
            return new
        } catch {
            throw .unreachable("etcd at \(endpoint.text): \(error.text)")
        }
    }

    // MARK: The login

    private func logIn() {
        isLoggingIn = true
        logIn(attemptsLeft: max(settings.endpoints.count, 2))
    }

    private func logIn(attemptsLeft: Int) {
        do throws(StoreFailure) {
            let connection = try current()
            let message = EtcdRequest.authenticate(settings.user, settings.password)
            connection.ask(request("Auth/Authenticate", message)) { [self] result in
                switch result {
                case .success(let message): loggedIn(message)
                case .failure(let status):
                    let isElsewhere = [.unavailable, .deadlineExceeded].contains(status.code)
                    guard isElsewhere, !isClosed else {
                        return endLogin(Self.refusal(status))
                    }
                    let failure = StoreFailure.unreachable(text(status))
                    leave(connection)
                    if attemptsLeft > 1 { return logIn(attemptsLeft: attemptsLeft - 1) }
                    endLogin(failure)
                }
            }
        } catch {
            loop.atEndOfTick { [self] in endLogin(error) }
        }
    }

    private func loggedIn(_ message: [UInt8]) {
        do throws(Status) {
            token = try EtcdToken.decode(message)
            endLogin(nil)
        } catch {
            endLogin(Self.refusal(error))
        }
    }

    private func endLogin(_ failure: StoreFailure?) {
        isLoggingIn = false
        let waiting = waitingForLogin
        waitingForLogin = []
        for then in waiting { then(isClosed ? .closed : failure) }
    }
}
