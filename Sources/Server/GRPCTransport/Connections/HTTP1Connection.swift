// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO

/// An HTTP/1.x client on the port of gRPC: one request after the other, each answered from memory.
final class HTTP1Connection: SpokenConnection {
    let socket: ConnectionSocket
    private let worker: Worker
    private var reader = HTTP1RequestReader()
    /// Bytes behind a request whose answer the client has not taken yet, or that ended its time slice.
    private var waiting: [UInt8] = []
    private var meter: AbuseMeter
    private var latestByte: MonotonicTime
    private var requestSince: MonotonicTime?
    private var blockedSince: MonotonicTime?
    private var unchargedBytes = 0
    private var isEnding = false
    private var hasEnded = false

    private static let bytesPerFrame = 256

    /// Takes over a socket on which a request line has begun.
    init(_ socket: ConnectionSocket, _ worker: Worker) {
        self.socket = socket
        self.worker = worker
        self.latestByte = worker.loop.now
        let limits = worker.configuration.abuse
        self.meter = AbuseMeter(
            budget: limits.frameBudget, perSecond: limits.frameBudgetPerSecond, at: latestByte)
    }

    private var isOpen: Bool { !hasEnded && socket.isOpen }

    func ready(_ readiness: Readiness) {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            blockedSince = nil
            if isEnding { return linger() }
            if !waiting.isEmpty { return processWaiting() }
            if try socket.receive({ process($0) }) == .end { clientEnded() }
        } catch {
            fail(error)
        }
    }

    func process(_ bytes: UnsafeRawBufferPointer) {
        latestByte = worker.loop.now
        let slice = TimeSlice()
        var rest = bytes
        while isOpen, !isEnding, !rest.isEmpty {
            let before = rest.count
            let event = reader.receive(&rest)
            if !charge(event, before - rest.count) { return }
            switch event {
            case .needsMore: break
            case .expectsContinue: answer(HTTP1Response.interim, closing: false)
            case .request(let request):
                requestSince = nil
                let response = worker.routes.http1(request)
                let closing = worker.isStopping || !request.keepsConnection
                answer(response.encoded(for: request, closing: closing), closing: closing)
            case .refused(let refusal):
                requestSince = nil
                answer(refusal.encodedResponse, closing: refusal.closesConnection)
            }
            if rest.isEmpty || !isOpen || !socket.hasUnsent && !slice.isOver { continue }
            waiting = Array(rest)
            if !socket.hasUnsent { scheduleWaiting() }
            return
        }
    }

    private func processWaiting() {
        let bytes = waiting
        waiting = []
        bytes.withUnsafeBytes { process($0) }
    }

    private func scheduleWaiting() {
        _ = worker.loop.schedule(at: worker.loop.now) { [weak self] in
            guard let self, self.isOpen, !self.isEnding, !self.socket.hasUnsent else { return }
            self.processWaiting()
        }
    }

    /// Charges a request, and each 256 bytes, as one unproductive frame. False when there were too many: the client was told.
    private func charge(_ event: HTTP1RequestReader.Event, _ count: Int) -> Bool {
        unchargedBytes += count
        var frames = unchargedBytes / Self.bytesPerFrame
        unchargedBytes %= Self.bytesPerFrame
        if case .needsMore = event {} else { frames += 1 }
        if meter.charge(frames, completedWork: 0, at: worker.loop.now) { return true }
        record(.tooManyRequests)
        let response = HTTP1Response(
            .tooManyRequests, text: "too many requests; wait, or use more connections")
        answer(response.encodedWithoutRequest, closing: true)
        return false
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
        LingeringConnection.take(over: self, socket, worker)
    }

    private func fail(_ failure: SocketFailure) {
        if let reason = failure.reason { record(reason, detail: failure.text) }
        close()
    }

    var unfinishedCalls: Int { idleStart == nil ? 1 : 0 }

    func close() {
        guard isOpen else { return }
        socket.close()
        worker.remove(self)
    }

    func startShutdown() {
        if !reader.isMidRequest && !socket.hasUnsent { close() }
    }

    func evict(_ reason: DropReason) {
        record(reason)
        close()
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        worker.drops.record(reason, peer: socket.peer, detail: detail, at: worker.loop.now)
    }

    // MARK: The clock

    var idleStart: MonotonicTime? { reader.isMidRequest || socket.hasUnsent ? nil : latestByte }

    func sweep(at now: MonotonicTime) {
        let limits = worker.configuration.timeouts
        requestSince = reader.isMidRequest ? requestSince ?? now : nil
        blockedSince = socket.hasUnsent ? blockedSince ?? now : nil
        if limits.write.hasPassed(since: blockedSince, at: now) {
            record(.stalled)
            close()
        } else if limits.header.hasPassed(since: requestSince, at: now) {
            record(.slowHeaders)
            let text: StaticString = "the request took too long"
            let response = HTTP1Response(.requestTimeout, text: text)
            answer(response.encodedWithoutRequest, closing: true)
        } else if limits.idle.hasPassed(since: idleStart, at: now) {
            close()
        }
    }
}
