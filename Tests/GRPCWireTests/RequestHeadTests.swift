// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import TestSupport
import Testing

@testable import GRPCWire

@Suite("The head of a request")
struct RequestHeadTests {
    /// The verdict in one line.
    private func judge(_ fields: [(String, String)], maxSize: Int = .max) -> String {
        withBlock(fields, maxSize: maxSize) { block in
            switch RequestHead(block) {
            case .call(let path, let timeout, let encoding, let answersInGzip):
                String(decoding: path, as: UTF8.self) + (timeout.map { " within \($0)" } ?? "")
                    + (encoding == .gzip ? " from gzip" : "")
                    + (answersInGzip ? " to gzip" : "")
            case .failed(let status): status.line
            case .notGRPC(let rejection), .plain(let rejection, _, _): "\(rejection.text)"
            }
        }
    }

    private let call = [
        (":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), ("te", "trailers"),
    ]
    private let notGRPC = "this server speaks gRPC: the content-type must be application/grpc\n"

    @Test(
        "These content types are gRPC",
        arguments: [
            "application/grpc", "application/grpc+proto", "application/grpc+json",
            "application/grpc;charset=utf-8", "application/grpc+", "application/grpc;",
        ])
    func contentType(_ value: String) {
        #expect(judge(call + [("content-type", value)]) == "/a.B/C")
    }

    @Test(
        "These are not",
        arguments: [
            "", "application", "application/grpcx", "application/grpc-web", "application/json",
            "application/grp", "text/plain", "application/grpc ", " application/grpc",
        ])
    func otherContentType(_ value: String) {
        #expect(judge(call + [("content-type", value)]) == notGRPC)
        #expect(judge(call) == notGRPC)
    }

    @Test("A call must be a POST", arguments: ["GET", "PUT", "post", "CONNECT", "POSTX"])
    func method(_ method: String) {
        let fields = [(":method", method), (":path", "/"), ("content-type", "application/grpc")]
        #expect(judge(fields) == "a gRPC call must use the method POST\n")
        #expect(judge(fields.dropLast()) == notGRPC)
    }

    @Test("An answer to HEAD has no content, whatever it is")
    func head() {
        #expect(judge([(":method", "HEAD"), (":path", "/")]) == "")
        let fields = [(":method", "HEAD"), (":path", "/"), ("content-type", "application/grpc")]
        #expect(judge(fields) == "")
    }

    @Test("A timeout is taken along, and a malformed one fails the call")
    func timeout() {
        let start = call + [("content-type", "application/grpc")]
        #expect(judge(start + [("grpc-timeout", "5m")]) == "/a.B/C within 0.005 seconds")
        #expect(judge(start + [("grpc-timeout", "5")]) == "13 malformed grpc-timeout")
        #expect(judge(start + [("grpc-timeout", "")]) == "13 malformed grpc-timeout")
    }

    @Test("Messages in gzip are understood, and answered in gzip when the client takes it")
    func encoding() {
        let start = call + [("content-type", "application/grpc")]
        #expect(judge(start + [("grpc-encoding", "identity")]) == "/a.B/C")
        #expect(
            judge(start + [("grpc-encoding", "snappy")])
                == "12 this grpc-encoding is unknown; use identity or gzip")
        let gzip = start + [("grpc-encoding", "gzip")]
        #expect(judge(gzip) == "/a.B/C from gzip")
        #expect(judge(gzip + [("grpc-accept-encoding", "identity")]) == "/a.B/C from gzip")
        #expect(
            judge(gzip + [("grpc-accept-encoding", "identity,gzip")])
                == "/a.B/C from gzip to gzip")
        #expect(judge(start + [("grpc-accept-encoding", "gzip")]) == "/a.B/C")
    }

    @Test("A block that was cut is refused, whatever it says")
    func tooLarge() {
        let fields = call + [("content-type", "application/grpc"), ("x", "y")]
        #expect(judge(fields, maxSize: 200) == "the header fields of the request are too large\n")
    }

    @Test(
        "A plain answer says how long its text is",
        arguments: [
            HTTPRejection.unsupportedMediaType, .methodNotAllowed, .headersTooLarge,
        ])
    func contentLength(_ rejection: HTTPRejection) throws {
        let fields = try sentFields(.fixed(rejection.headers))
        let length = rejection.text.utf8CodeUnitCount
        #expect(fields.contains("content-length: \(length)"))
        #expect(fields.contains("content-type: text/plain"))
        #expect(fields[0].hasPrefix(":status: 4"))
    }

    @Test("The fields of answers are those of the protocol")
    func answers() throws {
        #expect(
            try sentFields(.fixed(ResponseFields.initial))
                == [":status: 200", "content-type: application/grpc"])
        #expect(
            try sentFields(ResponseFields.trailersOnly(Status(.notFound, "no é")))
                == [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 5",
                    "grpc-message: no %C3%A9",
                ])
        #expect(
            try sentFields(ResponseFields.trailersOnly(Status(.unimplemented, "")))
                == [
                    ":status: 200", "content-type: application/grpc", "grpc-status: 12",
                    "grpc-accept-encoding: identity,gzip",
                ])
    }

    /// What a client reads when a server answers with `headers` alone.
    private func sentFields(_ headers: HeaderFields) throws -> [String] {
        let batch = HTTP2EventBatch()
        let server = try HTTP2Session.make(.server)
        let request = Frame.headers(1, ScriptedPeer.callFields("/"), endStream: true)
        var stream: HTTP2Stream?
        try (Frame.preface + Frame.settings().bytes + request.bytes).withUnsafeBytes {
            try server.receive($0, into: batch)
        }
        for event in batch.events {
            if case .headers(let reference, _, _) = event { stream = reference.stream }
        }
        server.respond(try #require(stream), headers: headers, hasBody: false)
        var output: [UInt8] = []
        while let bytes = try server.nextOutput() { output += bytes }
        while let frame = Frame(takingFrom: &output) {
            if frame.isA(.headers) { return HeaderDecoder().decode(frame.payload) ?? [] }
        }
        return []
    }
}
