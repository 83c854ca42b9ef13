// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import Testing

@testable import NetworkChecks

@Suite("The session of a stream")
struct RTSPSessionTests {
    private static let description =
        "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:1\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:2\r\n"

    /// A session with a server that answers each request with 200, unless a test says otherwise.
    private struct Conversation {
        var session: RTSPSession
        var now = MonotonicTime(nanoseconds: 1_000_000_000)
        var requests: [String] = []
        var result: CheckResult?
        /// Until when the session waits.
        var wake = MonotonicTime.distantFuture
        /// Bytes come in pieces of this size.
        var step = Int.max
        private var packets: UInt16 = 0

        init(timeout: Duration = .seconds(12), _ change: (inout RTSPPlan) -> Void = { _ in }) {
            var plan = RTSPPlan(url: "rtsp://h/camera")
            change(&plan)
            session = RTSPSession(plan, clientNonce: "nonce")
            take(session.began(CheckConnection(timeout: timeout), at: now))
        }

        mutating func take(_ step: CheckStep) {
            let text = String(decoding: step.bytes, as: UTF8.self)
            requests += text.split(separator: "\r\n").filter { $0.hasSuffix(" RTSP/1.0") }.map {
                String($0.dropLast(9))
            }
            switch step.next {
            case .waitUntil(let time): wake = time
            case .finish(let result): self.result = result
            default: Issue.record("a step that no session of RTSP has")
            }
        }

        mutating func receive(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while !rest.isEmpty, result == nil {
                let piece = Array(rest.prefix(step))
                rest = rest.dropFirst(piece.count)
                take(piece.withUnsafeBytes { session.received($0, at: now) })
            }
        }

        mutating func answer(_ status: Int = 200, _ fields: String = "", body: String = "") {
            let head = "RTSP/1.0 \(status) X\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n"
            receive(Array((head + body).utf8))
        }

        mutating func play(sessionTimeout: Int = 60) {
            answer(200, "Public: OPTIONS, GET_PARAMETER\r\n")
            answer(200, "Content-Base: rtsp://h/camera/\r\n", body: RTSPSessionTests.description)
            answer(
                200,
                "Session: 7;timeout=\(sessionTimeout)\r\nTransport: RTP/AVP/TCP;interleaved=2-3\r\n"
            )
            answer()
        }

        /// A frame of one packet; `skipping` packets are lost before it.
        mutating func frame(after time: Duration, ticks: Int, skipping: UInt16 = 0) {
            now = now + time
            packets &+= 1 + skipping
            let timestamp = UInt32(packets) * UInt32(ticks)
            let header: [UInt8] = [0x80, 0xe0, UInt8(packets >> 8), UInt8(packets & 0xff)]
            let time = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: timestamp >> $0) }
            receive([0x24, 2, 0, 13] + header + time + [0, 0, 0, 7, 1])
        }

        mutating func pass(_ time: Duration) {
            now = now + time
            take(session.timePassed(at: now))
        }
    }

    @Test("It asks for what the description says, plays, and says goodbye before it reports")
    func healthy() throws {
        var talk = Conversation { $0.minRate = 24 }
        talk.play()
        for _ in 0..<60 { talk.frame(after: .milliseconds(40), ticks: 3600) }
        #expect(talk.result == nil)
        #expect(
            talk.requests == [
                "OPTIONS rtsp://h/camera", "DESCRIBE rtsp://h/camera", "SETUP rtsp://h/camera/2",
                "PLAY rtsp://h/camera/", "TEARDOWN rtsp://h/camera/",
            ])
        talk.answer()
        let result = try #require(talk.result)
        #expect(result.state == .healthy)
        #expect(result.details["frames_per_second"] == "25")
        #expect(result.details["encoding"] == "H264")
        #expect(result.details["lost_packets"] == "0")
    }

    @Test("The same bytes give the same result, wherever they are cut", arguments: 1...40)
    func cuts(step: Int) {
        var talk = Conversation()
        talk.step = step
        talk.play()
        for number in 0..<50 {
            talk.frame(after: .milliseconds(40), ticks: 3600, skipping: number == 30 ? 4 : 0)
        }
        talk.pass(.milliseconds(40))
        talk.answer()
        #expect(talk.result?.cause == "4 of 54 packets are lost, more than 1 %")
    }

    @Test("Frames that come at once are counted by their clock, and late ones by ours")
    func clocks() {
        var burst = Conversation { $0.minRate = 20 }
        burst.play()
        for _ in 0..<100 { burst.frame(after: .milliseconds(1), ticks: 9_000) }
        burst.pass(.seconds(2))
        burst.answer()
        #expect(burst.result?.cause == "10 frames a second, fewer than 20")
        var late = Conversation { $0.minRate = 20 }
        late.play()
        for _ in 0..<21 { late.frame(after: .milliseconds(100), ticks: 3_600) }
        late.answer()
        #expect(late.result?.cause == "10 frames a second, fewer than 20")
        var delayed = Conversation { $0.minRate = 24.5 }
        delayed.play()
        for _ in 0..<49 { delayed.frame(after: .milliseconds(40), ticks: 3_600) }
        delayed.pass(.milliseconds(240))
        delayed.answer()
        #expect(delayed.result?.state == .healthy)
    }

    @Test(
        "A stream without frames, with one, and one that stops are unhealthy, each with its cause")
    func still() {
        var none = Conversation()
        none.play(sessionTimeout: 4)
        #expect(none.wake == none.now + .seconds(2))
        none.pass(.seconds(2))
        none.pass(.seconds(2))
        #expect(none.requests.filter { $0.hasPrefix("GET_PARAMETER") }.count == 2)
        none.pass(.seconds(1))
        none.pass(.milliseconds(250))
        #expect(
            none.result?.cause
                == "no frame came within 5 s: the session is open, and the stream is still")
        #expect(none.result?.state == .unhealthy)
        var one = Conversation()
        one.play()
        one.frame(after: .seconds(3), ticks: 3600)
        one.pass(.seconds(5))
        one.answer()
        #expect(one.result?.cause == "one frame came, then none for 5 s")
    }

    @Test("A run is judged before its timeout, by what there is")
    func deadline() {
        var slow = Conversation(timeout: .seconds(2))
        slow.pass(.milliseconds(1_700))
        #expect(slow.result == nil)
        slow.pass(.milliseconds(100))
        #expect(slow.result?.cause == "it does not answer OPTIONS: gave up after 1.8 s")
        var cut = Conversation(timeout: .seconds(2)) { $0.measure = .seconds(10) }
        cut.play()
        for _ in 0..<45 { cut.frame(after: .milliseconds(40), ticks: 3600) }
        cut.answer()
        #expect(cut.result?.state == .healthy)
    }

    @Test("A server that closes early is told at each step")
    func ended() {
        var talk = Conversation()
        #expect(
            talk.session.ended(at: talk.now).cause == "it closed the connection without an answer")
        talk.answer()
        #expect(
            talk.session.ended(at: talk.now).cause
                == "it closed the connection instead of answering DESCRIBE")
        talk = Conversation()
        talk.play()
        #expect(
            talk.session.ended(at: talk.now).cause
                == "it closed the connection before the first frame")
        talk.frame(after: .zero, ticks: 1)
        #expect(
            talk.session.ended(at: talk.now).cause == "it closed the connection while it streamed")
    }

    @Test("A server that asks without end is refused, and one that forgets the session is told")
    func server() {
        var talk = Conversation()
        for _ in 0..<16 { talk.receive(Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)) }
        #expect(talk.result == nil)
        talk.receive(Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8))
        #expect(talk.result?.cause == "it asks for too much itself")
        talk = Conversation()
        talk.play()
        talk.answer(454)
        #expect(talk.result?.cause == "it has lost the session (454)")
    }

    @Test("A refused user is held, so that the target is not asked at once again")
    func refused() {
        var talk = Conversation {
            $0.user = "u"
            $0.password = "p"
        }
        let challenge = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"
        talk.answer(401, challenge)
        #expect(talk.requests.count == 2)
        talk.answer(401, challenge)
        #expect(talk.result?.cause == "it refuses the user or the password")
        #expect(talk.result?.details[RefusalHold.mark] != nil)
    }

    @Test("Wrong options, and times that do not fit, are refused with what to do")
    func options() {
        func problem(
            _ target: String, _ options: [String: [String]] = [:], timeout: Duration? = nil
        ) -> String? {
            do throws(CheckOptionError) {
                let check = try RTSPCheck(target, CheckOptions(options))
                try check.check(CheckTiming(detectWithin: check.detectWithin, timeout: timeout))
                return nil
            } catch {
                return error.text
            }
        }
        #expect(problem("rtsp://h/s", ["measure": ["3s"], "no-frame": ["4s"]]) == nil)
        #expect(problem("rtsp://h/s", timeout: .milliseconds(200)) == nil)
        #expect(
            problem("rtsp://h/s", ["measure": ["6s"]], timeout: .seconds(5))
                == "measure leaves too little of the timeout, which is 5s: set timeout=9s or more")
        #expect(problem("rtsp://h/s", ["measure": ["6s"]], timeout: .seconds(15)) == nil)
        #expect(
            problem("http://h/") == "target must begin with rtsp:// or rtsps://, as in rtsp://HOST")
        #expect(
            problem("rtsp://:pw@h/")
                == "target has no user for the password: use rtsp://USER@HOST/PATH")
        #expect(
            problem("rtsp://u%0a@h/") == "target has a user or a password with a control character")
        #expect(problem("rtsp://h/ü")?.hasPrefix("target is too long, or has a character") == true)
        #expect(
            problem("rtsp://h/", ["track": ["0"]])
                == #"track is "0": use a number from 1 to 64, or a kind such as audio"#)
        #expect(problem("rtsp://h/", ["fps": ["inf"]])?.hasPrefix("fps is") == true)
        #expect(problem("rtsp://h/", ["loss": ["nan"]])?.hasPrefix("loss is") == true)
        #expect(problem("rtsp://h/", ["measure": ["0s"]])?.hasPrefix("measure is") == true)
    }

    @Test("A thousand runs leave no descriptor behind")
    func descriptors() throws {
        let packet = "$\u{0}\u{0}\u{d}"
        let frames = (0..<5).map { number in
            Array(packet.utf8) + [0x80, 0xff, 0, UInt8(number), 0, 0, 0x20, UInt8(number)]
                + [0, 0, 0, 1, 9]
        }
        let target = try ScriptedTarget { peer in
            for fields in ["", Self.description, "", ""] {
                guard !peer.receive().isEmpty else { return }
                peer.send(
                    "RTSP/1.0 200 OK\r\nSession: 1\r\nTransport: RTP/AVP/TCP\r\n"
                        + "Content-Length: \(fields.utf8.count)\r\n\r\n\(fields)")
            }
            peer.send(bytes: frames.flatMap(\.self))
            _ = peer.receive()
        }
        let run = try CheckRun()
        let check = try RTSPCheck(
            "rtsp://127.0.0.1:\(target.port)/s", CheckOptions(["measure": ["1ms"]]))
        _ = run.results(of: check, runs: 10)
        let results = run.results(of: check, runs: 1000)
        #expect(results.allSatisfy { $0.state == .healthy })
        // The one that is kept.
        #expect(Descriptors.count(connectedTo: target.port) <= 1)
        target.stop()
    }
}
