// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import HTTP1Wire
import HTTPRouting
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import Explaining

@Suite("The question to a running process")
struct LocalHTTPRequestTests {
    /// Asks a process that answers this, and closes the connection when `closes`.
    private func ask(
        _ answer: String, closes: Bool = true
    ) throws -> Result<ExplanationRequest.Answer, LocalHTTPError> {
        let loopback = try #require(SocketAddress(numeric: "127.0.0.1", port: 0))
        let listener = try FileDescriptor.listener(at: loopback, backlog: 1)
        let address = try listener.localAddress()
        let timeout: Duration = closes ? .seconds(20) : .milliseconds(100)
        let results = Mailbox<Result<ExplanationRequest.Answer, LocalHTTPError>>()
        try startThread(named: "question") {
            do throws(LocalHTTPError) {
                let request = ExplanationRequest(timeout: timeout)
                results.put(.success(try request.ask(at: address)))
            } catch {
                results.put(.failure(error))
            }
        }
        var entry = pollfd(fd: listener.rawValue, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 20_000) == 1)
        let raw = try #require(try listener.accept()).descriptor
        let peer = FileDescriptor(owning: raw)
        let bytes = Array(answer.utf8)
        #expect(write(peer.rawValue, bytes, bytes.count) == bytes.count)
        if closes { peer.shutdownSending() }
        let result = try #require(results.next())
        _ = consume peer
        return result
    }

    private func reason(_ answer: String, closes: Bool = true) throws -> String {
        guard case .failure(let error) = try ask(answer, closes: closes) else {
            return "none"
        }
        return error.reason
    }

    @Test("An answer is the text with its status")
    func answered() throws {
        let answer = try ask(
            "HTTP/1.1 200 OK\r\nvitals-status: SERVING\r\ncontent-length: 3\r\n\r\nyes"
        ).get()
        #expect(answer.text == "yes")
        #expect(answer.isServing)
        let chunked = try ask(
            "HTTP/1.1 200 OK\r\nvitals-status: NOT_SERVING\r\n\r\nno"
        ).get()
        #expect(chunked.text == "no" && !chunked.isServing)
    }

    @Test(
        "What is no answer is told: another status, another server, no HTTP, half of it, nothing, silence"
    )
    func unanswered() throws {
        #expect(
            try reason("HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nno: why?\n")
                == "HTTP status 403: no: why?")
        #expect(
            try reason("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                == "what answers there explains nothing")
        #expect(try reason("+PONG\r\n\r\n").hasPrefix("its answer is not HTTP: "))
        #expect(
            try reason("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal")
                == "its answer is not HTTP: the connection ended within a message")
        #expect(try reason("").hasPrefix("its answer is not HTTP: "))
        #expect(try reason("HTTP/1.1 200 OK\r\n", closes: false) == "no answer in time")
    }

    @Test("An address where nothing listens is told as that")
    func refused() throws {
        let address = try #require(SocketAddress(unixPath: "/nowhere/admin"))
        #expect {
            try ExplanationRequest().ask(at: address)
        } throws: { error in
            (error as? LocalHTTPError)?.reason.hasPrefix("No such file or directory: ") == true
        }
    }
}

@Suite("The page of an explanation")
struct ExplanationPageTests {
    private func response(_ query: String?) -> HTTPResponse {
        let board = Board(rules: [("", .outcome("a"))], outcomes: ["a": .unknown])
        let recorder = ChangeRecorder()
        recorder.take(board.snapshot)
        return ExplanationPage(board, recorder)
            .response(to: HTTPRequest(.get, "/admin/explain", query: query))
    }

    private func field(_ name: String, of response: HTTPResponse) -> String? {
        response.fields.first { "\($0.name)" == name }?.value
    }

    @Test("JSON unless text is asked for, with the status in a field")
    func formats() {
        #expect(field("content-type", of: response(nil)) == "application/json")
        #expect(field("vitals-status", of: response(nil)) == "NOT_SERVING")
        #expect(response(nil).body.first == UInt8(ascii: "{"))
        let text = String(decoding: response("format=text&last=1h").body, as: UTF8.self)
        #expect(text.hasPrefix("NOT_SERVING for "))
        #expect(text.contains("\nno changes since "))
    }

    @Test("A query with something wrong in it is refused with what to send")
    func problems() {
        for (query, problem) in [
            ("format=xml", "format: use text or json\n"),
            ("last=1", "last: no unit: use 1s, or ms, m, h\n"),
            ("last=0s", "last: use a time from 1s to 24h\n"),
            ("lst=1h", "unknown parameter \"lst\": use format, last\n"),
        ] {
            let response = response(query)
            #expect(response.status.rawValue == 400)
            #expect(String(decoding: response.body, as: UTF8.self) == problem)
        }
    }
}
