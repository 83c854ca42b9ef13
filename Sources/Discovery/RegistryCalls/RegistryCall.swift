// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTP1Wire
package import InstanceRegistry
package import Outbound
import SystemIO

/// The response of a registry.
package struct RegistryAnswer {
    package internal(set) var status = 0
    package internal(set) var fields = HTTP1Fields()
    package internal(set) var body: [UInt8] = []
}

/// One request over HTTP/1.1 to a registry, over a connection of its own. Belongs to the loop.
package final class RegistryCall {
    package typealias Completion = (Result<RegistryAnswer, StoreFailure>) -> Void
    /// For a response whose body has no end that is waited for: how long it may be silent, and what takes its parts.
    package typealias Stream = (silence: Duration, take: (UnsafeRawBufferPointer) -> Void)

    private let loop: EventLoop
    private let request: [UInt8]
    private let bodyLimit: Int
    private var stream: Stream?
    private var completion: Completion?
    private var line = OutboundLine()
    private var reader: HTTP1ResponseReader
    private var answer = RegistryAnswer()

    /// Bytes of an answer: as much as what a registry says of one instance may come to.
    package static let answerLimit = 256 << 10
    /// Bytes of a list: as much as the instances of one service may come to.
    package static let listLimit = 32 << 20

    /// Begins; the completion is called later, unless it is cancelled. With a `stream` the response is to begin within
    /// `limit`, and the parts of the body of a good one are given to that.
    package init(
        _ request: [UInt8], to target: OutboundTarget, within limit: Duration,
        bodyLimit: Int, on loop: EventLoop, _ resolver: OutboundResolver, _ buffer: ReceiveBuffer,
        stream: Stream? = nil, _ completion: @escaping Completion
    ) {
        self.loop = loop
        self.request = request
        self.bodyLimit = bodyLimit
        self.stream = stream
        self.completion = completion
        var limits = HTTP1Limits()
        limits.body = stream == nil ? bodyLimit : .max
        reader = HTTP1ResponseReader(limits: limits)
        setTimer(limit)
        let dial = OutboundDial(to: target, on: loop, resolver, buffer, within: limit) {
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

    private func setTimer(_ limit: Duration) {
        line.stopTimer(on: loop)
        line.timer = loop.schedule(at: .now() + limit) { [weak self] in
            self?.finish(.failure(.unreachable("no answer within \(limit)")))
        }
    }

    /// Gives it up: its completion is not called.
    package func cancel() {
        completion = nil
        stream = nil
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
                    answer.fields = head.fields
                case .body(let part): try take(part)
                case .end: finish(.success(answer))
                }
            }
        } catch {
            finish(.failure(.unreachable("its response is no HTTP/1.1: \(error.text)")))
        }
    }

    private func take(_ part: UnsafeRawBufferPointer) throws(HTTP1Fault) {
        if answer.status == 200, let stream {
            setTimer(stream.silence)
            return stream.take(part)
        }
        // Of a body that was to be taken in parts the reader knows no limit.
        if answer.body.count + part.count > bodyLimit { throw .bodyTooLarge }
        answer.body.append(contentsOf: part)
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
    private func finish(_ result: Result<RegistryAnswer, StoreFailure>) {
        guard let completion else { return }
        cancel()
        _ = loop.schedule(at: loop.now) { completion(result) }
    }
}
