// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO

/// An HTTP/1.x client on the port of gRPC: one request after the other, each answered from memory.
final class HTTP1Connection: SpokenConnection {
    let socket: ConnectionSocket
    private let context: LoopContext
    private var reader = HTTP1RequestReader()
    /// What came after a request whose answer the client has not taken yet. It sent all of it in one go.
    private var waiting: [UInt8] = []
    private var latestByte: MonotonicTime
    private var requestSince: MonotonicTime?
    private var blockedSince: MonotonicTime?
    private var isEnding = false
    private var hasEnded = false

    /// Takes over a socket on which a request line has begun.
    init(_ socket: ConnectionSocket, _ context: LoopContext) {
        self.socket = socket
        self.context = context
        self.latestByte = context.loop.now
    }

    private var isOpen: Bool { !hasEnded && socket.isOpen }

    func ready(_ readiness: Readiness) {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            blockedSince = nil
            if isEnding { return linger() }
            if !waiting.isEmpty {
                let bytes = waiting
                waiting = []
                return bytes.withUnsafeBytes { process($0) }
            }
            if try socket.receive({ process($0) }) == .end { clientEnded() }
        } catch {
            fail(error)
        }
    }

    func process(_ bytes: UnsafeRawBufferPointer) {
        latestByte = context.loop.now
        var rest = bytes
        while isOpen, !isEnding, !rest.isEmpty {
            switch reader.receive(&rest) {
            case .needsMore: break
            case .expectsContinue: answer(HTTP1Response.interim, closing: false)
            case .request(let request):
                requestSince = nil
                let response = context.configuration.http1(request)
                let closing = context.isStopping || !request.keepsConnection
                answer(response.encoded(for: request, closing: closing), closing: closing)
            case .refused(let refusal):
                requestSince = nil
                answer(refusal.encodedResponse, closing: refusal.closesConnection)
            }
            if isOpen, socket.hasUnsent {
                waiting = Array(rest)
                return
            }
        }
    }

    func clientEnded() { close() }

    private func answer(_ bytes: [UInt8], closing: Bool) {
        do throws(SocketFailure) {
            let isTaken = try bytes.withUnsafeBufferPointer { bytes throws(SocketFailure) in
                try socket.send(UnsafeRawBufferPointer(bytes))
            }
            isEnding = closing
            if closing, isTaken { linger() }
        } catch {
            fail(error)
        }
    }

    // MARK: The end

    private func linger() {
        hasEnded = true
        LingeringConnection.take(over: self, socket, context)
    }

    private func fail(_ failure: SocketFailure) {
        if let reason = failure.reason { record(reason, detail: failure.text) }
        close()
    }

    func close() {
        guard isOpen else { return }
        socket.close()
        context.forget(self)
    }

    func startShutdown() {
        if !reader.isMidRequest && !socket.hasUnsent { close() }
    }

    func evict(_ reason: DropReason) {
        record(reason)
        close()
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        context.drops.record(reason, peer: socket.peer, detail: detail, at: context.loop.now)
    }

    // MARK: The clock

    var idleStart: MonotonicTime? { reader.isMidRequest || socket.hasUnsent ? nil : latestByte }

    func look(at now: MonotonicTime) {
        let limits = context.configuration
        requestSince = reader.isMidRequest ? requestSince ?? now : nil
        blockedSince = socket.hasUnsent ? blockedSince ?? now : nil
        if limits.writeTimeout.hasPassed(since: blockedSince, at: now) {
            record(.stalled)
            close()
        } else if limits.headerTimeout.hasPassed(since: requestSince, at: now) {
            record(.slowHeaders)
            let text: StaticString = "the request took too long"
            let response = HTTP1Response(.requestTimeout, text: text)
            answer(response.encodedWithoutRequest, closing: true)
        } else if limits.idleTimeout.hasPassed(since: idleStart, at: now) {
            close()
        }
    }
}
