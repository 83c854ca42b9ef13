// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import CheckEngine
import HTTP1Wire
import RTSPWire
import StatusBoard
import SystemIO
import Text

/// Plays a track for some time: OPTIONS, DESCRIBE, SETUP, PLAY, and TEARDOWN at the end. Packets come over the same
/// connection.
struct RTSPSession: CheckSession {
    private enum Stage {
        /// Until the answer comes.
        case asking(RTSPMethod)
        case measuring
        /// Until the answer to TEARDOWN comes; then this is the result.
        case leaving(CheckResult)
    }

    private let plan: RTSPPlan
    private var reader = RTSPReader()
    private var authenticator: RTSPAuthenticator
    private var stage = Stage.asking(.options)
    private var output: [UInt8] = []
    private var sequence = 0
    private var controls: (stream: String, track: String)
    private var clockRate = 90_000
    private var session: (id: String, timeout: Duration)?
    private var channel: UInt8 = 0
    private var measurement: StreamMeasurement?
    private var times = Times()
    private var hasGetParameter = false
    /// Requests of the server.
    private var askedBack = 0
    private var details: [String: String] = [:]

    /// When things have to happen.
    private struct Times {
        var start = MonotonicTime(nanoseconds: 0)
        var timeout = Duration.zero
        var keepAlive = MonotonicTime.distantFuture
        var leave = MonotonicTime.distantFuture

        /// The run is judged by then, so that there is time for a TEARDOWN.
        var deadline: MonotonicTime { start + (timeout - timeout / RTSPPlan.reserve) }
    }

    /// Requests of a server that are answered.
    private static let maxAskedBack = 16
    /// For the answer to TEARDOWN.
    private static let leaveTime = Duration.milliseconds(250)

    /// `clientNonce` is random text without quotes.
    init(_ plan: RTSPPlan, clientNonce: String) {
        self.plan = plan
        controls = (plan.url, plan.url)
        authenticator = RTSPAuthenticator(
            plan.user.map { ($0, plan.password ?? "") }, clientNonce: clientNonce)
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        times.start = now + (.zero - connection.connectTime)
        times.timeout = connection.timeout
        ask(.options)
        return nextStep(at: now)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        var rest = bytes
        do throws(RTSPFault) {
            while let event = try reader.receive(&rest) {
                if let result = take(event, at: now) { return finish(result) }
            }
        } catch {
            if case .leaving(let result) = stage { return .finish(result) }
            return finish(CheckResult(.unhealthy, error.text))
        }
        return nextStep(at: now)
    }

    mutating func timePassed(at now: MonotonicTime) -> CheckStep {
        switch stage {
        case .asking(let method) where now >= times.deadline:
            let time = (now - times.start).secondsText
            return finish(
                CheckResult(
                    .unhealthy, "it does not answer \(method.rawValue): gave up after \(time) s"))
        case .leaving(let result) where now >= times.leave: return .finish(result)
        default: return nextStep(at: now)
        }
    }

    mutating func abandoned() -> [UInt8] {
        output = []
        if session != nil { request(.teardown) }
        return output
    }

    mutating func ended(at now: MonotonicTime) -> CheckResult {
        switch stage {
        case .leaving(let result): return result
        case .asking(.options):
            return CheckResult(.unhealthy, "it closed the connection without an answer")
        case .asking(let method):
            return CheckResult(
                .unhealthy, "it closed the connection instead of answering \(method.rawValue)")
        case .measuring:
            let hasFrames = measurement?.hasFrames == true
            return CheckResult(
                .unhealthy,
                hasFrames
                    ? "it closed the connection while it streamed"
                    : "it closed the connection before the first frame")
        }
    }
}

// MARK: Steps

extension RTSPSession {
    /// What is sent now, and until when to wait.
    private mutating func nextStep(at now: MonotonicTime) -> CheckStep {
        if case .measuring = stage, let measurement {
            if let result = measurement.verdict(at: now) {
                leave(result, at: now)
            } else if now >= times.keepAlive {
                request(hasGetParameter ? .getParameter : .options)
                keepAlive(at: now)
            }
        }
        defer { output = [] }
        switch stage {
        case .asking: return CheckStep(send: output, .waitUntil(times.deadline))
        case .leaving: return CheckStep(send: output, .waitUntil(times.leave))
        case .measuring:
            let look = measurement?.nextLook ?? times.deadline
            return CheckStep(send: output, .waitUntil(min(look, times.keepAlive)))
        }
    }

    /// Ends the run now, and the session if there is one.
    private mutating func finish(_ result: CheckResult) -> CheckStep {
        if case .leaving(let result) = stage { return .finish(result) }
        return .finish(result, farewell: abandoned())
    }

    /// Ends the session, and the run with its answer.
    private mutating func leave(_ result: CheckResult, at now: MonotonicTime) {
        var result = result
        result.details.merge(details) { _, new in new }
        stage = .leaving(result)
        times.leave = min(
            now + Self.leaveTime, times.deadline + times.timeout / (2 * RTSPPlan.reserve))
        request(.teardown)
    }

    private mutating func ask(_ method: RTSPMethod) {
        stage = .asking(method)
        request(method)
    }

    private mutating func request(_ method: RTSPMethod) {
        let url =
            switch method {
            case .options, .describe: plan.url
            case .setup: controls.track
            case .play, .getParameter, .teardown: controls.stream
            }
        sequence += 1
        var fields: [(name: StaticString, value: String)] = [
            ("User-Agent", "vitals/" + Vitals.version)
        ]
        if let value = authenticator.authorization(method, url) {
            fields.append(("Authorization", value))
        }
        switch method {
        case .describe: fields.append(("Accept", "application/sdp"))
        case .setup: fields.append(("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"))
        case .play: fields.append(("Range", "npt=0.000-"))
        default: break
        }
        if let session { fields.append(("Session", session.id)) }
        output += RTSPRequest.encode(method, url, sequence: sequence, fields: fields)
    }

    private mutating func keepAlive(at now: MonotonicTime) {
        times.keepAlive = now + (session?.timeout ?? .seconds(60)) / 2
    }
}

// MARK: What comes

extension RTSPSession {
    /// A result ends the run.
    private mutating func take(_ event: RTSPReader.Event, at now: MonotonicTime) -> CheckResult? {
        switch event {
        case .packet(let channel, let bytes):
            if channel == self.channel { measurement?.receive(bytes, at: now) }
            return nil
        case .request(let sequence):
            askedBack += 1
            if askedBack > Self.maxAskedBack {
                return CheckResult(.unhealthy, "it asks for too much itself")
            }
            output += RTSPRequest.refusal(sequence: sequence)
            return nil
        case .response(let response):
            // An interim one, or one to a request that was given up.
            if response.status < 200 || response.sequence ?? sequence != sequence { return nil }
            return answered(response, at: now)
        }
    }

    private mutating func answered(
        _ response: RTSPResponse, at now: MonotonicTime
    ) -> CheckResult? {
        switch stage {
        case .leaving(let result): return result
        case .measuring:
            guard response.status == 454 else { return nil }
            return CheckResult(.unhealthy, RTSPRefusal.cause(454, of: .getParameter))
        case .asking(let method):
            if response.status == 401 { return challenged(response, method) }
            authenticator.accepted()
            // Without OPTIONS it can be a good server.
            guard response.status < 300 || method == .options else {
                return CheckResult(.unhealthy, RTSPRefusal.cause(response.status, of: method))
            }
            return accepted(method, response, at: now)
        }
    }

    private mutating func challenged(
        _ response: RTSPResponse, _ method: RTSPMethod
    ) -> CheckResult? {
        switch authenticator.challenged(response.fields.texts(of: "www-authenticate")) {
        case .retry:
            ask(method)
            return nil
        case .wantsCredentials:
            return CheckResult(
                .unhealthy,
                "it wants a user and a password: give the user in the URL and the password by password-file"
            )
        case .unknownScheme:
            return CheckResult(.unhealthy, "it wants a login that is neither Digest nor Basic")
        case .refused:
            return CheckResult(
                .unhealthy, RTSPRefusal.cause(401, of: method), details: [RefusalHold.mark: "true"])
        }
    }

    private mutating func accepted(
        _ method: RTSPMethod, _ response: RTSPResponse, at now: MonotonicTime
    ) -> CheckResult? {
        switch method {
        case .options:
            hasGetParameter = response.allows(.getParameter)
            ask(.describe)
        case .describe:
            if let problem = described(response) { return CheckResult(.unhealthy, problem) }
            ask(.setup)
        case .setup:
            guard let session = response.session else {
                return CheckResult(.unhealthy, "it answers SETUP without a session")
            }
            self.session = session
            guard let channel = response.channel else {
                return CheckResult(.unhealthy, "it does not send over TCP")
            }
            self.channel = channel
            measurement = StreamMeasurement(
                plan, clockRate: clockRate, timeout: times.timeout, deadline: times.deadline,
                at: now)
            ask(.play)
        case .play:
            measurement?.started(at: now)
            stage = .measuring
            keepAlive(at: now)
        case .getParameter, .teardown: break
        }
        return nil
    }

    /// Reads the description; what is wrong with it.
    private mutating func described(_ response: RTSPResponse) -> String? {
        guard let description = SessionDescription(response.body) else {
            return "its description of the stream is no SDP"
        }
        let tracks = description.tracks
        let track: SessionDescription.Track? =
            switch plan.track {
            case .first(let kind): tracks.first { $0.kind == kind }
            case .number(let number): tracks.dropFirst(number - 1).first
            }
        guard let track else {
            let kinds = tracks.prefix(8).map { PrintableText.escaped($0.kind, limit: 20) }
            let has = kinds.isEmpty ? "nothing" : kinds.joined(separator: ", ")
            return "it has no such track: it has \(has)"
        }
        let base = response.fields["content-base"] ?? plan.url
        guard let stream = ControlURL.resolve(description.control, base: base),
            let control = ControlURL.resolve(track.control, base: base)
        else { return "its description has a malformed URL" }
        controls = (stream, control)
        clockRate = track.clockRate
        details["encoding"] = track.encoding.map { PrintableText.escaped($0, limit: 40) }
        return nil
    }
}
