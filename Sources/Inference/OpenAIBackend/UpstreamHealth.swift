// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO

/// Asks the upstream again and again how it is; ``UpstreamLooks`` says what follows. Belongs to a loop.
package final class UpstreamHealth {
    /// What is known of it.
    package enum State: Equatable, Sendable {
        /// It runs, and its model is not ready yet.
        case loading
        case ready
        case unreachable(reason: String)
    }

    /// From the end of one question to the next, and for each at most.
    ///
    /// One that hangs is found out within 4.8 s: two questions without an answer after the one during which the last
    /// of a completion came. Without completions it is the interval and two questions, 4.2 s.
    struct Pace: Sendable {
        var interval = Duration.seconds(1)
        var timeout = Duration.milliseconds(1600)
    }

    private let upstream: Upstream
    private let pace: Pace
    private let onChange: (State) -> Void
    private var looks = UpstreamLooks()
    /// llama.cpp and vLLM have /health; others are asked for their models, unless a setting knows better.
    private var hasHealthPath = true
    private var exchange: UpstreamExchange?
    private var asked = MonotonicTime(nanoseconds: 0)
    private var timer: TimerID?

    /// `onChange` is called on the upstream's loop: with the first answer, and with each state that is another.
    init(
        _ upstream: Upstream, pace: Pace = Pace(),
        onChange: @escaping (State) -> Void
    ) {
        self.upstream = upstream
        self.pace = pace
        self.onChange = onChange
    }

    /// Asks now, and from then on; called on the loop.
    package func start() { ask() }

    /// Asks no more.
    package func stop() {
        exchange?.cancel()
        exchange = nil
        if let timer { upstream.loop.cancel(timer) }
        timer = nil
    }

    private func ask() {
        let terms = upstream.terms
        let path = terms.configuration.healthPath ?? (hasHealthPath ? "/health" : "/v1/models")
        guard let request = terms.writer.get(terms.configuration.url.path + path) else { return }
        asked = .now()
        setTimer(pace.timeout) { $0.timedOut() }
        var isGood = false
        exchange = upstream.exchange(
            request, bodyLimit: Self.bodyLimit, connectTimeout: pace.timeout
        ) { [weak self] event in
            switch event {
            case .head(let head):
                // Whatever answers with a web page to everything is no model server, however well it is.
                isGood = (200..<300).contains(head.status.rawValue) && !Self.isWebPage(head.fields)
                if !isGood { self?.answered(head) }
            case .body(let bytes):
                self?.exchange?.linger()
                self?.learned(Self.isWebPage(bytes) ? Self.webPage : .ready)
            case .end: if isGood { self?.learned(.ready) }
            case .failed(let failure):
                self?.learned(.unreachable(reason: Self.reason(failure)))
            }
        }
    }

    /// Only the beginning of it is looked at.
    private static let bodyLimit = 8 << 20

    private static let webPage = State.unreachable(
        reason: "it answers with a web page: does --openai-url lead to the model server?")

    private static func isWebPage(_ fields: HTTP1Fields) -> Bool {
        let type = fields["content-type"]?.lowercased() ?? ""
        return type.hasPrefix("text/html") || type.hasPrefix("application/xhtml")
    }

    /// Markup, after blank space.
    private static func isWebPage(_ body: UnsafeRawBufferPointer) -> Bool {
        body.first { $0 > 0x20 } == UInt8(ascii: "<")
    }

    /// By something else than success.
    private func answered(_ head: HTTP1ResponseHead) {
        let status = head.status.rawValue
        exchange?.linger()
        if status == 404, hasHealthPath, upstream.configuration.healthPath == nil {
            hasHealthPath = false
            exchange = nil
            if let timer { upstream.loop.cancel(timer) }
            return ask()
        }
        switch status {
        case 200..<300: learned(Self.webPage)
        case 503: learned(.loading)
        case 401, 403: learned(.unreachable(reason: "it refuses the API key (\(status))"))
        default:
            // Perhaps another server answers there now.
            hasHealthPath = true
            learned(.unreachable(reason: "it answers with \(status)"))
        }
    }

    /// Asks again at once: a while has passed already. One that answers completions meanwhile is busy, and well.
    private func timedOut() {
        exchange?.cancel()
        if upstream.access.hasAnswered(since: asked) { return ask() }
        learned(.unreachable(reason: "no answer within \(pace.timeout)"), pause: .zero)
    }

    private func learned(_ answer: State, pause: Duration? = nil) {
        exchange = nil
        setTimer(pause ?? pace.interval) { $0.ask() }
        if looks.take(answer) { onChange(answer) }
    }

    private func setTimer(_ delay: Duration, _ action: @escaping (UpstreamHealth) -> Void) {
        if let timer { upstream.loop.cancel(timer) }
        timer = upstream.loop.schedule(at: .now() + delay) { [weak self] in
            guard let self else { return }
            self.timer = nil
            action(self)
        }
    }

    private static func reason(_ failure: UpstreamFailure) -> String {
        switch failure {
        case .unreachable(let reason): reason
        case .unanswered, .cutOff: "it closed the connection without an answer"
        case .malformed(let what): what
        case .refused(let status, _): "it answers with \(status)"
        }
    }
}
