// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import EventLoops
import InstanceRegistry
import NetworkChecks
import Outbound
import RedisWire
import SystemIO
import Text

/// Asks sentinels in turn where the master is, until one knows. Belongs to the loop.
final class MasterSearch {
    /// Called once, perhaps inside ``start()``, unless the search is cancelled.
    typealias Completion = (Result<HostAndPort, StoreFailure>) -> Void

    private let target: SentinelTarget
    private let times: RedisTimes
    private let loop: EventLoop
    private let resolver: OutboundResolver
    private let buffer: ReceiveBuffer
    private var completion: Completion?
    private var left: [HostAndPort]
    private var line = OutboundLine()
    private var login: RedisLogin
    private var reader = RedisReader()
    /// A refusal says more than a sentinel that is away.
    private var failure: StoreFailure?

    /// Longer than what a sentinel answers to any of our questions.
    private static let replyLimit = 64 << 10

    init(
        of target: SentinelTarget, _ times: RedisTimes, on loop: EventLoop,
        _ resolver: OutboundResolver, _ buffer: ReceiveBuffer, _ completion: @escaping Completion
    ) {
        self.target = target
        self.times = times
        self.loop = loop
        self.resolver = resolver
        self.buffer = buffer
        self.completion = completion
        login = target.sentinelLogin
        // Each gets its share of clients.
        let first = Int.random(in: target.sentinels.indices)
        left = Array(target.sentinels[first...] + target.sentinels[..<first])
    }

    /// Begins.
    func start() { askNext() }

    /// Gives it up: the completion is not called.
    func cancel() {
        completion = nil
        line.close(on: loop)
    }

    private func askNext() {
        line.close(on: loop)
        guard completion != nil else { return }
        guard let sentinel = left.first else {
            return finish(.failure(failure ?? .unreachable("there is no sentinel")))
        }
        let dial = OutboundDial(
            to: target.place(sentinel), on: loop, resolver, buffer, within: times.connect
        ) { [weak self] result in
            guard let self else { return }
            self.line.dial = nil
            switch result {
            case .success(let connection): self.opened(connection)
            case .failure(let failure): self.failed(.unreachable(failure.text))
            }
        }
        line.dial = dial
        dial.start()
    }

    private func opened(_ connection: OutboundConnection) {
        line.connection = connection
        login = target.sentinelLogin
        reader = RedisReader(sizeLimit: Self.replyLimit)
        connection.onEvent = { [weak self] event in
            switch event {
            case .opened: break
            case .received(let bytes): self?.received(bytes)
            case .ended(let failure): self?.failed(.unreachable(failure.text))
            }
        }
        // For all of the answers: one that comes byte by byte has no more time.
        line.timer = loop.schedule(at: .now() + times.answer) { [weak self] in
            guard let self else { return }
            self.line.timer = nil
            self.failed(.unreachable("no answer within \(self.times.answer)"))
        }
        connection.send(login.begin())
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        reader.receive(bytes)
        do throws(RedisFault) {
            while line.connection != nil, let value = try reader.next() { take(value) }
        } catch {
            failed(.unreachable(error.text))
        }
    }

    private func take(_ value: RedisValue) {
        guard login.isUnderWay else { return answered(value) }
        switch login.answered(value) {
        case .ask(let bytes): line.connection?.send(bytes)
        case .done:
            line.connection?.send(
                RedisCommand.encode(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", target.name]))
        case .refused(let result): failed(.refused(Self.forSentinel(result.cause)))
        }
    }

    /// The options of a sentinel have other names.
    private static func forSentinel(_ cause: String) -> String {
        cause == RedisError("NOAUTH", "").cause
            ? "it wants a password: give one by sentinel-password-file" : cause
    }

    private func answered(_ value: RedisValue) {
        switch value {
        case .array(let parts?):
            guard parts.count == 2, let host = parts[0].string, !host.isEmpty,
                let port = parts[1].string.flatMap({ HostAndPort.port($0.utf8[...]) })
            else { return failed(.unreachable("its answer is no host with a port")) }
            finish(.success(HostAndPort(host: host, port: port)))
        case .null, .array(nil), .bytes(nil):
            failed(.refused("it knows no master \(target.name): is the name right?"))
        case .error(let code, let text):
            failed(
                code == "ERR"
                    ? .refused("it is no sentinel") : .refused(RedisError(code, text).cause))
        default: failed(.unreachable("its answer is no host with a port"))
        }
    }

    /// The next one may know more.
    private func failed(_ failure: StoreFailure) {
        guard completion != nil, !left.isEmpty else { return }
        let sentinel = left.removeFirst().text
        let told: StoreFailure =
            switch failure {
            case .refused(let reason): .refused("the sentinel \(sentinel): \(reason)")
            case .unreachable(let reason): .unreachable("the sentinel \(sentinel): \(reason)")
            case .closed: .closed
            }
        if case .refused = self.failure {} else { self.failure = told }
        askNext()
    }

    private func finish(_ result: Result<HostAndPort, StoreFailure>) {
        let completion = completion
        cancel()
        completion?(result)
    }
}
