// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import TestSupport
import Testing

@Suite("A call as its client sees it")
struct ClientCallStateTests {
    /// What comes from the server.
    private enum Step {
        case block([(String, String)], endStream: Bool = false)
        case bytes([UInt8], endStream: Bool = false)
        case closed(HTTP2ErrorCode)
        case refused(String?)
    }

    /// Messages and statuses in the order in which they came out.
    private func run(takesGzip: Bool = false, _ steps: Step...) -> [String] {
        var call = ClientCallState(maxMessageSize: 10, takesGzip: takesGzip)
        var lines: [String] = []
        for step in steps {
            let status: Status?
            switch step {
            case .block(let fields, let endStream):
                status = withBlock(fields) { call.received($0, endStream: endStream) }
            case .bytes(let bytes, let endStream):
                status = bytes.withUnsafeBytes {
                    call.received($0, endStream: endStream) { lines.append("\($0)") }
                }
            case .closed(let code): status = call.closed(code)
            case .refused(let rule): status = call.refused(rule)
            }
            if let status { lines.append(status.line) }
        }
        return lines
    }

    private let head = [(":status", "200"), ("content-type", "application/grpc")]
    private let ok = [("grpc-status", "0")]

    @Test("Headers, messages and trailers are a good answer")
    func whole() {
        #expect(
            run(
                .block(head), .bytes(prefixed([1])), .bytes(prefixed([2])),
                .block(ok, endStream: true), .closed(.noError)) == ["[1]", "[2]", "0 "])
    }

    @Test("Trailers say the code and the message")
    func trailers() {
        let trailers = [("grpc-status", "5"), ("grpc-message", "no %C3%A9")]
        #expect(run(.block(head), .block(trailers, endStream: true)) == ["5 no é"])
    }

    @Test("Trailers alone are an answer, also when the HTTP status is another")
    func trailersOnly() {
        #expect(run(.block(head + [("grpc-status", "14")], endStream: true)) == ["14 "])
        let odd = [(":status", "503"), ("grpc-status", "8"), ("grpc-message", "full")]
        #expect(run(.block(odd, endStream: true)) == ["8 full"])
    }

    @Test("Interim responses are passed over")
    func interim() {
        #expect(
            run(
                .block([(":status", "100")]), .block([(":status", "103"), ("link", "x")]),
                .block(head), .bytes(prefixed([1])), .block(ok, endStream: true))
                == ["[1]", "0 "])
        #expect(
            run(.block([(":status", "100")]), .block(head + ok, endStream: true)) == ["0 "])
    }

    @Test(
        "Another HTTP status ends the call with what it means",
        arguments: [(404, 12), (503, 14), (302, 2), (400, 13), (100, 2)])
    func httpStatus(_ number: Int, _ code: Int) {
        for endStream in [true, false] where endStream || number != 100 {
            let answers = run(
                .block(
                    [(":status", "\(number)"), ("content-type", "text/html")], endStream: endStream),
                .bytes([1, 2, 3], endStream: true), .closed(.noError))
            #expect(
                answers == ["\(code) unexpected HTTP status code received from server: \(number)"])
        }
    }

    @Test("A status that is no number is none")
    func oddHTTPStatus() {
        for value in ["", "2x0", "9999999999", "-200"] {
            #expect(
                run(.block([(":status", value)]))
                    == ["2 unexpected HTTP status code received from server: 0"])
        }
    }

    @Test("Another content type ends the call")
    func contentType() {
        #expect(
            run(.block([(":status", "200"), ("content-type", "text/html")]))
                == ["2 unexpected content-type received from server: text/html"])
        #expect(
            run(.block([(":status", "200")]))
                == ["2 unexpected content-type received from server: none"])
    }

    @Test("An end without trailers is a fault of the server")
    func noTrailers() {
        let fault = "13 server closed the stream without sending trailers"
        #expect(run(.block(head), .bytes([], endStream: true)) == [fault])
        #expect(run(.block(head), .bytes(prefixed([1]), endStream: true)) == ["[1]", fault])
        #expect(
            run(.block(head, endStream: true)) == ["2 server ended the call without a grpc-status"]
        )
    }

    @Test("A message that is cut hides no good status")
    func cutMessage() {
        #expect(
            run(.block(head), .bytes([0, 0]), .block(ok, endStream: true))
                == ["13 the response ends within a message"])
    }

    @Test("A message that is too large or compressed ends the call")
    func badMessage() {
        #expect(
            run(.block(head), .bytes([0, 0, 0, 0, 11]), .closed(.cancel))
                == ["8 message larger than max (11 vs. 10 bytes)"])
        #expect(
            run(.block(head), .bytes(prefixed([], flag: 1)), .block(ok, endStream: true))
                == ["13 a message is compressed, but no grpc-encoding was agreed"])
    }

    @Test("A reset ends the call, and says its code", arguments: [false, true])
    func reset(_ isOpen: Bool) {
        var call = ClientCallState(maxMessageSize: 10, takesGzip: false)
        if isOpen { _ = withBlock(head) { call.received($0, endStream: false) } }
        #expect(
            call.closed(.refusedStream)?.line
                == "14 stream terminated by RST_STREAM with error code: REFUSED_STREAM")
        #expect(call.closed(.refusedStream) == nil)
        #expect(
            run(.closed(HTTP2ErrorCode(rawValue: 77)))
                == ["13 stream terminated by RST_STREAM with error code: error 77"])
    }

    @Test(
        "A grpc-status is a number of at most nine digits",
        arguments: [
            ("16", "16 "), ("17", "17 "), ("999999999", "999999999 "), ("007", "7 "),
            ("", "malformed"), ("x", "malformed"), ("-1", "malformed"), ("1 ", "malformed"),
            ("9999999999", "malformed"), ("99999999999999999999999", "malformed"),
        ])
    func grpcStatus(_ value: String, _ line: String) {
        let expected = line == "malformed" ? "2 server sent a malformed grpc-status" : line
        #expect(run(.block(head + [("grpc-status", value)], endStream: true)) == [expected])
    }

    @Test(
        "Several grpc-status are good when they agree, and UNKNOWN when they do not",
        arguments: [
            ([], ["0", "0"], "0 "), ([], ["5", "05"], "5 "), ([], ["0", "14"], nil),
            ([], ["14", "0"], nil), (["14"], ["0"], nil), (["0"], ["0"], "0 "), (["x"], ["0"], nil),
            ([], ["0", ""], nil),
        ] as [([String], [String], String?)])
    func contradiction(_ early: [String], _ late: [String], _ line: String?) {
        func fields(_ values: [String]) -> [(String, String)] {
            values.map { ("grpc-status", $0) }
        }
        let answer = run(
            .block(head + fields(early)), .bytes(prefixed([1])),
            .block(fields(late), endStream: true))
        let contradiction = "2 server sent several grpc-status that contradict each other"
        #expect(answer == ["[1]", line ?? contradiction])
    }

    @Test("A message in gzip is taken only where gzip was offered")
    func gzip() {
        let gzip = head + [("grpc-encoding", "gzip")]
        let message = prefixed([1, 2, 3], flag: 1)
        #expect(
            run(.block(gzip), .bytes(message), .block(ok, endStream: true))
                == ["13 a message is compressed with a grpc-encoding that was not offered"])
        #expect(
            run(takesGzip: true, .block(gzip), .bytes(message))
                == ["13 a compressed message is not valid gzip"])
    }

    @Test("An answer that nghttp2 refuses is INTERNAL, with the rule that it breaks")
    func breach() {
        #expect(run(.block(head), .refused("no")) == ["13 the answer breaks HTTP/2: no"])
        #expect(run(.block(head + ok, endStream: true), .refused("no")) == ["0 "])
        #expect(run(.refused(nil)).first?.contains("no :status, or a body that is not") == true)
        #expect(run(.block(head), .refused(nil)).first?.contains("content-length says") == true)
    }

    @Test("After its end a call says nothing more")
    func over() {
        #expect(
            run(
                .block(head + ok, endStream: true), .bytes(prefixed([1])),
                .bytes([], endStream: true), .closed(.cancel)) == ["0 "])
    }

    @Test("Bytes before any headers are nothing")
    func bytesFirst() { #expect(run(.bytes(prefixed([1]))) == []) }
}
