// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import SystemIO

/// Checks the health of the upstream regularly; ``UpstreamReadiness`` evaluates the answers. Belongs to a loop.
package final class UpstreamHealth {
    /// How the upstream is.
    package enum State: Equatable, Sendable {
        /// It runs, but its model is not ready yet.
        case loading
        case ready
        case unreachable(reason: String)
    }

    /// The pause between two checks, and the limit of each.
    ///
    /// A hang is noticed within 4.8 s: two checks without an answer, after the check during which the last part of a
    /// completion came. Without completions it is the interval and two checks, 4.2 s.
    struct Timing: Sendable {
        var interval = Duration.seconds(1)
        var timeout = Duration.milliseconds(1600)
    }

    private let upstream: Upstream
    private let timing: Timing
    private let onChange: (State) -> Void
    private var readiness = UpstreamReadiness()
    /// llama.cpp and vLLM have /health; for others it is the list of models, unless a setting names a path.
    private var hasHealthPath = true
    private var exchange: UpstreamExchange?
    private var checkStart = MonotonicTime(nanoseconds: 0)
    private var timer: TimerID?

    /// Calls `onChange` on the upstream's loop with the first state, and whenever it is another one.
    init(
        _ upstream: Upstream, timing: Timing = Timing(),
        onChange: @escaping (State) -> Void
    ) {
        self.upstream = upstream
        self.timing = timing
        self.onChange = onChange
    }

    /// Checks now, and regularly from then on; called on the loop.
    package func start() { check() }

    /// Ends the checks.
    package func stop() {
        exchange?.cancel()
        exchange = nil
        if let timer { upstream.loop.cancel(timer) }
        timer = nil
    }

    private func check() {
        let parameters = upstream.parameters
        let path = parameters.configuration.healthPath ?? (hasHealthPath ? "/health" : "/v1/models")
        guard let request = parameters.writer.get(parameters.configuration.url.path + path) else {
            return
        }
        checkStart = .now()
        setTimer(timing.timeout) { $0.timedOut() }
        var isGood = false
        exchange = upstream.exchange(
            request, bodyLimit: Self.bodyLimit, connectTimeout: timing.timeout
        ) { [weak self] event in
            switch event {
            case .head(let head):
                // A server that answers everything with a web page is not a model server.
                isGood = (200..<300).contains(head.status.rawValue) && !Self.isWebPage(head.fields)
                if !isGood { self?.answered(head) }
            case .body(let bytes):
                self?.exchange?.linger()
                self?.observe(Self.isWebPage(bytes) ? Self.webPage : .ready)
            case .end: if isGood { self?.observe(.ready) }
            case .failed(let failure):
                self?.observe(.unreachable(reason: Self.reason(failure)))
            }
        }
    }

    /// Only the beginning of the body is read.
    private static let bodyLimit = 8 << 20

    private static let webPage = State.unreachable(
        reason: "it answers with a web page: check --openai-url")

    private static func isWebPage(_ fields: HTTP1Fields) -> Bool {
        let type = fields["content-type"]?.lowercased() ?? ""
        return type.hasPrefix("text/html") || type.hasPrefix("application/xhtml")
    }

    /// Markup, after blank stiming.
    private static func isWebPage(_ body: UnsafeRawBufferPointer) -> Bool {
        body.first { $0 > 0x20 } == UInt8(ascii: "<")
    }

    /// The response is not a success.
    private func answered(_ head: HTTP1ResponseHead) {
        let status = head.status.rawValue
        exchange?.linger()
        if status == 404, hasHealthPath, upstream.configuration.healthPath == nil {
            hasHealthPath = false
            exchange = nil
            if let timer { upstream.loop.cancel(timer) }
            return check()
        }
        switch status {
        case 200..<300: observe(Self.webPage)
        case 503: observe(.loading)
        case 401, 403: observe(.unreachable(reason: "it refuses the API key (\(status))"))
        default:
            // Another server may answer there now.
            hasHealthPath = true
            observe(.unreachable(reason: "it answers with \(status)"))
        }
    }

    /// Checks again without a pause. An upstream that has sent parts of completions during the check is busy, not hung.
    private func timedOut() {
        exchange?.cancel()
        if upstream.access.hasAnswered(since: checkStart) { return check() }
        observe(.unreachable(reason: "no answer within \(timing.timeout)"), pause: .zero)
    }

    private func observe(_ answer: State, pause: Duration? = nil) {
        exchange = nil
        setTimer(pause ?? timing.interval) { $0.check() }
        if readiness.observe(answer, at: .now()) { onChange(answer) }
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
