// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCWire
import HTTPRouting
import SystemIO

/// What holds an ``HTTPExchange`` and sends what it comes to.
protocol HTTPExchangeOwner: AnyObject {
    /// Takes a place for an answer that may last; throws when there is none.
    func takePlace() throws(Status)
    /// The deferred answer is there. The exchange has ended.
    func exchange(answered response: HTTPResponse)
    /// The source of the stream has something.
    func exchangeIsDue()
}

/// A request whose answer is not there at once, or has no end of its own: what a deferred or a streaming handler works
/// for. Belongs to the loop of its client.
///
/// ```
///   starting --> waiting --> answered --> ended        a deferred answer
///   starting --> streaming -------------> ended        a stream
/// ```
/// The client's end, the server's stop and the time limit end it in each state.
final class HTTPExchange {
    private enum State {
        case starting
        case waiting(whenGone: (() -> Void)?)
        case answered(HTTPResponse)
        case streaming(any HTTPBodySource)
        case ended
    }

    private let loop: EventLoop
    private weak var owner: (any HTTPExchangeOwner)?
    private let start: MonotonicTime
    private let limit: Duration
    private var state = State.starting
    private var isDue = false

    /// What a handler's work begins with.
    enum Beginning {
        /// The answer, whole.
        case response(HTTPResponse)
        /// The answer to what no handler got, whole.
        case refused(HTTPResponse)
        /// The answer comes later.
        case deferred(HTTPExchange)
        /// This head, then what the exchange's source has.
        case stream(HTTPResponse, HTTPExchange)
    }

    private init(for owner: any HTTPExchangeOwner, on loop: EventLoop, limit: Duration) {
        self.owner = owner
        self.loop = loop
        self.start = loop.now
        self.limit = limit
    }

    /// Has `handler` work for `request`, which `owner` has got.
    static func begin(
        _ handler: HTTPHandler, _ request: HTTPRequest, for owner: any HTTPExchangeOwner,
        on worker: Worker
    ) -> Beginning {
        let timeouts = worker.configuration.timeouts
        switch handler {
        case .immediate(let answer): return .response(answer(request))
        case .choosing(let choose):
            return begin(choose(request), request, for: owner, on: worker)
        case .deferred(let handler):
            return begin(for: owner, on: worker, limit: timeouts.deferred) { exchange in
                exchange.begin(deferred: handler, request)
            }
        case .streaming(let handler):
            return begin(for: owner, on: worker, limit: timeouts.stream) { exchange in
                exchange.begin(stream: handler, request)
            }
        }
    }

    /// Begins an exchange that may last, if there is a place for it.
    private static func begin(
        for owner: any HTTPExchangeOwner, on worker: Worker, limit: Duration,
        _ body: (HTTPExchange) -> Beginning
    ) -> Beginning {
        if worker.isStopping { return .refused(.stopping) }
        do throws(Status) {
            try owner.takePlace()
        } catch {
            return .refused(.noPlace(error))
        }
        return body(HTTPExchange(for: owner, on: worker.loop, limit: limit))
    }

    private func begin(
        deferred handler: (HTTPRequest, HTTPResponder) -> (() -> Void)?, _ request: HTTPRequest
    ) -> Beginning {
        let bound = LoopBound(self, on: loop)
        let whenGone = handler(
            request,
            HTTPResponder { response in
                if bound.loop.isCurrent { return bound.value.take(response) }
                bound.loop.post { bound.value.take(response) }
            })
        if case .answered(let response) = state {
            state = .ended
            return .response(response)
        }
        state = .waiting(whenGone: whenGone)
        return .deferred(self)
    }

    private func begin(
        stream handler: (HTTPRequest, HTTPBodyWaker) -> HTTPStream, _ request: HTTPRequest
    ) -> Beginning {
        let bound = LoopBound(self, on: loop)
        let waker = HTTPBodyWaker {
            if bound.loop.isCurrent { return bound.value.wake() }
            bound.loop.post { bound.value.wake() }
        }
        switch handler(request, waker) {
        case .refused(let response):
            state = .ended
            return .response(response)
        case .open(let head, let source):
            state = .streaming(source)
            return .stream(head, self)
        }
    }

    /// Takes the answer; sent at the end of the tick, so that a handler is never called by its own answer.
    private func take(_ response: HTTPResponse) {
        switch state {
        case .starting: state = .answered(response)
        case .waiting:
            state = .answered(response)
            loop.atEndOfTick { self.deliver() }
        case .answered, .streaming, .ended: break
        }
    }

    private func deliver() {
        guard case .answered(let response) = state else { return }
        state = .ended
        owner?.exchange(answered: response)
    }

    private func wake() {
        guard case .streaming = state, !isDue else { return }
        isDue = true
        loop.atEndOfTick {
            self.isDue = false
            if case .streaming = self.state { self.owner?.exchangeIsDue() }
        }
    }

    /// Bytes that the source of the stream has ready.
    var heldBytes: Int {
        if case .streaming(let source) = state { source.heldBytes } else { 0 }
    }

    /// The next part of the stream.
    func next() -> HTTPBodyPart {
        guard case .streaming(let source) = state else { return .end }
        return source.next()
    }

    /// Its client leaves, or is not waited for any more; tells the handler.
    func end() {
        let ended = state
        state = .ended
        switch ended {
        case .waiting(let whenGone): whenGone?()
        case .streaming(let source): source.ended()
        case .starting, .answered, .ended: break
        }
    }

    /// It has lasted as long as it may.
    func hasExpired(at now: MonotonicTime) -> Bool { limit.hasPassed(since: start, at: now) }
}
