// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import InstanceRegistry
import Outbound
import SystemIO

/// The response of an agent.
struct ConsulAnswer {
    var status = 0
    /// `X-Consul-Index`; nil where there is none.
    var index: UInt64?
    var body: [UInt8] = []
}

/// One request to an agent over a connection of its own. Belongs to the loop.
final class ConsulCall {
    typealias Completion = (Result<ConsulAnswer, StoreFailure>) -> Void

    private let loop: EventLoop
    private let request: [UInt8]
    private var completion: Completion?
    private var line = OutboundLine()
    private var reader: HTTP1ResponseReader
    private var answer = ConsulAnswer()

    /// Bytes of an answer: as much as what an agent says of one service may come to.
    static let agentLimit = 256 << 10
    /// Bytes of a list: as much as the instances of one service may come to.
    static let listLimit = 32 << 20

    /// Begins; the completion is called later, unless it is cancelled.
    init(
        _ request: [UInt8], to target: ConsulTarget, within limit: Duration,
        bodyLimit: Int, on loop: EventLoop, _ resolver: OutboundResolver, _ buffer: ReceiveBuffer,
        _ completion: @escaping Completion
    ) {
        self.loop = loop
        self.request = request
        self.completion = completion
        var limits = HTTP1Limits()
        limits.body = bodyLimit
        reader = HTTP1ResponseReader(limits: limits)
        line.timer = loop.schedule(at: .now() + limit) { [weak self] in
            self?.finish(.failure(.unreachable("no answer within \(limit)")))
        }
        let dial = OutboundDial(to: target.place, on: loop, resolver, buffer, within: limit) {
            [weak self] result in
            guard let self else { return }
            self.line.dial = nil
            switch result {
            case .success(let connection): self.opened(connection)
            case .failure(let failure): self.finish(.failure(.unreachable(failure.text)))
            }
        }
        line.dial = dial
        dial.start()
    }

    deinit { cancel() }

    /// Gives it up: its completion is not called.
    func cancel() {
        completion = nil
        line.close(on: loop)
    }

    private func opened(_ connection: OutboundConnection) {
        line.connection = connection
        connection.onEvent = { [weak self] event in
            switch event {
            case .opened: break
            case .received(let bytes): self?.received(bytes)
            case .ended(let failure): self?.ended(failure)
            }
        }
        connection.send(request)
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        do throws(HTTP1Fault) {
            while completion != nil {
                switch try reader.receive(&rest) {
                case .needsMore: return
                case .head(let head):
                    answer.status = head.status.rawValue
                    answer.index = head.fields["x-consul-index"].flatMap { UInt64($0) }
                case .body(let part): answer.body.append(contentsOf: part)
                case .end: finish(.success(answer))
                }
            }
        } catch {
            finish(.failure(.unreachable("its response is no HTTP/1.1: \(error.text)")))
        }
    }

    private func ended(_ failure: OutboundFailure) {
        // Such as an agent that wants a certificate, which it says after the handshake.
        if case .unreachable(let reason) = failure { return finish(.failure(.unreachable(reason))) }
        do throws(HTTP1Fault) {
            try reader.inputEnded()
            finish(.success(answer))
        } catch {
            finish(.failure(.unreachable("it closed the connection without a whole response")))
        }
    }

    /// In a later tick: also a dial that fails at once is told after the call.
    private func finish(_ result: Result<ConsulAnswer, StoreFailure>) {
        guard let completion else { return }
        cancel()
        _ = loop.schedule(at: loop.now) { completion(result) }
    }
}
