// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import HTTPRouting
import SystemIO

/// An HTTP/1.x client on the port of gRPC: one request after the other, each answered before the next is read.
final class HTTP1Connection: SpokenConnection {
    let socket: ConnectionSocket
    let worker: Worker
    /// What is being answered.
    var answer = HTTP1Answer.none
    /// It closes once all output is sent.
    var isEnding = false
    /// The exchange under way has a place among those that may last.
    var hasPlace = false
    private var reader = HTTP1RequestReader()
    /// Bytes behind a request whose answer the client has not taken yet, or that ended its time slice.
    private var waiting: [UInt8] = []
    var costs: HTTP1Costs
    /// Bytes that are counted as held for this client.
    private var heldBytes = 0
    private var clock: HTTP1Clock
    private var hasEnded = false
    /// Known from the first request.
    private var client: ClientKind?

    private static let muchUndelivered = 64 << 10

    /// Takes over a socket on which a request line has begun.
    init(_ socket: ConnectionSocket, _ worker: Worker) {
        self.socket = socket
        self.worker = worker
        self.clock = HTTP1Clock(at: worker.loop.now)
        self.costs = HTTP1Costs(worker.configuration.abuse, at: worker.loop.now)
        worker.traffic.http1.opened += 1
    }

    var isOpen: Bool { !hasEnded && socket.isOpen }

    func ready(_ readiness: Readiness) {
        guard isOpen else { return }
        do throws(SocketFailure) {
            guard try socket.flush() else { return }
            clock.sent()
            if !answer.isNone {
                if try isClientGone(readiness) { return close() }
                try goOn()
            } else if isEnding {
                linger()
            } else if !waiting.isEmpty {
                processWaiting()
            } else if try socket.receive({ process($0) }) == .end {
                clientEnded()
            }
        } catch {
            fail(error)
        }
    }

    /// During an answer only the end of the client is waited for: what it sends meanwhile stays with the kernel.
    private func isClientGone(_ readiness: Readiness) throws(SocketFailure) -> Bool {
        answer.exchange != nil && !readiness.isDisjoint(with: [.ended, .broken])
    }

    func process(_ bytes: UnsafeRawBufferPointer) {
        clock.received(at: worker.loop.now)
        guard answer.isNone else { return waiting.append(contentsOf: bytes) }
        var slice: TimeSlice?
        var rest = bytes
        while isOpen, !isEnding, !rest.isEmpty {
            let before = rest.count
            let event = reader.receive(&rest)
            if !charge(event, before - rest.count) { break }
            handle(event)
            if rest.isEmpty || !isOpen { break }
            let isOver = slice?.isOver ?? false
            slice = slice ?? TimeSlice()
            if answer.isNone, !socket.hasUnsent, !isOver { continue }
            waiting = Array(rest)
            break
        }
        sendAnswers()
        if !waiting.isEmpty, answer.isNone, isOpen, !socket.hasUnsent { scheduleWaiting() }
        updateHeldBytes()
    }

    /// Counts what is held of requests and of the body that is sent; a client for which too much is held is dropped.
    func updateHeldBytes() {
        let held = isOpen ? reader.heldBytes + waiting.count + answer.heldBytes : 0
        if held == heldBytes { return }
        worker.changeHeldBytes(by: held - heldBytes)
        let grows = held > heldBytes
        heldBytes = held
        let limit = worker.configuration.capacity.maxHeldBytes
        if grows, worker.counters.heldBytes > limit { fail(.heldBytes) }
    }

    private func handle(_ event: HTTP1RequestReader.Event) {
        switch event {
        case .needsMore: break
        case .expectsContinue: askForBody()
        case .request(let request):
            clock.requestEnded()
            count(request)
            respond(to: request)
        case .refused(let refusal):
            clock.requestEnded()
            let asker = HTTP1Asker(
                isHead: refusal.isHead, isHTTP10: false,
                keepsConnection: !refusal.closesConnection)
            respond(.refusal(refusal), to: asker)
        }
    }

    /// Counts a request for the kind of client that the first one on this connection told.
    private func count(_ request: HTTP1Request) {
        if let client { return worker.traffic[client].requests &+= 1 }
        let userAgent = request.fields["user-agent"] ?? ""
        let kind = Array(userAgent.utf8).withUnsafeBytes { ClientKind(userAgent: $0) }
        client = kind
        socket.offerTicket(to: kind)
        worker.traffic[kind].connections += 1
        worker.traffic[kind].requests += 1
    }

    /// Goes on with what came behind the request that is answered now.
    func processWaiting() {
        if waiting.isEmpty || isEnding || !isOpen || !answer.isNone || socket.hasUnsent { return }
        let bytes = waiting
        waiting = []
        bytes.withUnsafeBytes { process($0) }
    }

    /// In a later tick: the time slice is used up, or the answer before has just ended.
    func scheduleWaiting() {
        if waiting.isEmpty { return }
        _ = worker.loop.schedule(at: worker.loop.now) { [weak self] in self?.processWaiting() }
    }

    /// Charges what came. False when it is too much: the client was told.
    private func charge(_ event: HTTP1RequestReader.Event, _ count: Int) -> Bool {
        let isRequest = if case .needsMore = event { false } else { true }
        if costs.charge(count, isRequest: isRequest, at: worker.loop.now) { return true }
        record(.tooManyRequests)
        refuse(.tooManyRequests)
        return false
    }

    /// Answers a request that did not come whole, or will not be read, and closes.
    private func refuse(_ response: HTTPResponse) {
        respond(
            response, to: HTTP1Asker(isHead: false, isHTTP10: false, keepsConnection: false))
        sendAnswers()
    }

    /// What it has asked for is still answered: in TLS the end may come in one read with the requests.
    func clientEnded() {
        if answer.isNone, waiting.isEmpty, !socket.hasUnsent { close() }
    }

    // MARK: The end

    /// Says no more, and waits until the client has what was said.
    func linger() {
        guard isOpen else { return }
        hasEnded = true
        worker.traffic.http1.closed += 1
        updateHeldBytes()
        // More than the kernel delivers in the second that bytes are still read for.
        let isMuch = socket.undelivered > Self.muchUndelivered
        LingeringConnection.take(over: self, socket, worker, untilDelivered: isMuch)
    }

    /// The socket has failed.
    func fail(_ failure: SocketFailure) {
        if let reason = failure.reason { record(reason, detail: failure.text) }
        close()
    }

    var unfinishedCalls: Int { idleStart == nil ? 1 : 0 }

    func close() {
        guard isOpen else { return }
        dropAnswer()
        worker.traffic.http1.closed += 1
        socket.close()
        updateHeldBytes()
        worker.remove(self)
    }

    func startShutdown() {
        if !answer.isNone { return stopAnswer() }
        if socket.hasUnsent {
            isEnding = true
        } else if !reader.isMidRequest {
            close()
        }
    }

    func evict(_ reason: DropReason) {
        record(reason)
        close()
    }

    private func record(_ reason: DropReason, detail: String? = nil) {
        worker.drops.record(reason, peer: socket.peer, detail: detail, at: worker.loop.now)
    }

    // MARK: The clock

    private var isBusy: Bool { reader.isMidRequest || socket.hasUnsent || !answer.isNone }

    /// The rest of a request is to come from the client, and would be read.
    private var isAwaitingRequest: Bool {
        reader.isMidRequest && answer.isNone && !socket.hasUnsent && !isEnding
    }

    /// The connection was of use just now.
    func noteUse() { clock.received(at: worker.loop.now) }

    var idleStart: MonotonicTime? { isBusy ? nil : clock.latestByte }

    func sweep(at now: MonotonicTime) {
        clock.follow(
            isMidRequest: isAwaitingRequest, isBlocked: socket.hasUnsent, at: now)
        let limits = worker.configuration.timeouts
        if limits.write.hasPassed(since: clock.blockedSince, at: now) {
            record(.stalled)
            close()
        } else if limits.header.hasPassed(since: clock.requestSince, at: now) {
            record(.slowHeaders)
            refuse(.requestTimeout)
        } else if limits.idle.hasPassed(since: idleStart, at: now) {
            close()
        } else if answer.exchange?.hasExpired(at: now) == true {
            expireAnswer()
        }
    }
}

/// Since when an HTTP/1.x client has been waited for.
struct HTTP1Clock {
    /// When the latest bytes came.
    private(set) var latestByte: MonotonicTime
    /// Since when a request is coming; nil between requests.
    private(set) var requestSince: MonotonicTime?
    /// Since when the kernel takes nothing more for the client.
    private(set) var blockedSince: MonotonicTime?

    init(at now: MonotonicTime) { latestByte = now }

    mutating func received(at now: MonotonicTime) { latestByte = now }

    mutating func requestEnded() { requestSince = nil }

    mutating func sent() { blockedSince = nil }

    /// Notes what is waited for now.
    mutating func follow(isMidRequest: Bool, isBlocked: Bool, at now: MonotonicTime) {
        requestSince = isMidRequest ? requestSince ?? now : nil
        blockedSince = isBlocked ? blockedSince ?? now : nil
    }
}
