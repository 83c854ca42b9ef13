// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP1Wire
import HTTPRouting

/// What an answer costs, in unproductive frames (``AbuseMeter``).
enum HTTPCost {
    /// To make 4 KiB costs as much as a small answer. A client that is served is never dropped for one large answer.
    static func frames(of response: HTTPResponse) -> Int { min(response.body.count >> 12, 64) }
}

/// Answers of the server's own.
extension HTTPResponse {
    /// One line of text.
    init(_ status: HTTP1Status, text: StaticString) {
        self.init(status, line: "\(text)")
    }

    private init(_ status: HTTP1Status, line: String) {
        self.init(
            status, contentType: "text/plain; charset=utf-8", body: Array(line.utf8) + [0x0a])
    }

    /// There is no place for an answer that may last.
    static func noPlace(_ reason: Status) -> HTTPResponse {
        var response = HTTPResponse(.serviceUnavailable, line: reason.message)
        response.fields.append(("retry-after", "1"))
        return response
    }

    /// Too much is held for clients that do not read, of which this is one.
    static let noRoom = HTTPResponse.noPlace(
        Status(.resourceExhausted, "too many bytes are held for all clients together"))

    /// The path is there, for other methods.
    static func methodNotAllowed(allow: String) -> HTTPResponse {
        var response = HTTPResponse(
            .methodNotAllowed, line: "this path is not for this method; use \(allow)")
        response.fields.append(("allow", allow))
        return response
    }

    /// There is nothing at the path of the request, but at these.
    static func notFound(_ paths: [String]) -> HTTPResponse {
        let list = paths.joined(separator: ", ")
        return HTTPResponse(.notFound, line: "there is nothing at this path; there is \(list)")
    }

    /// What the wire refuses.
    static func refusal(_ refusal: HTTP1Refusal) -> HTTPResponse {
        var response = HTTPResponse(refusal.status, text: refusal.fault.text)
        if refusal.fault == .methodNotAllowed {
            response.fields.append(("allow", "GET, HEAD, POST, PUT, DELETE"))
        }
        return response
    }

    /// The port has no paths.
    static let onlyGRPC = HTTPResponse(
        .notFound, text: "this port serves gRPC, over HTTP/2; there is nothing else here")
    /// The client has cost too much.
    static let tooManyRequests = HTTPResponse(
        .tooManyRequests, text: "too many requests; wait, or use more connections")
    /// The request did not come whole in time.
    static let requestTimeout = HTTPResponse(
        .requestTimeout, text: "the request took too long")
    /// The body of the request is larger than any that is read.
    static let tooLarge = HTTPResponse(.contentTooLarge, text: "the body is too large")
    /// The server stops before the answer is there.
    static let stopping = HTTPResponse(
        .serviceUnavailable, text: "the server is shutting down")
    /// The answer took longer than it may.
    static let noAnswer = HTTPResponse(
        .serviceUnavailable, text: "there was no answer in time; ask again")
    /// Plaintext HTTP was sent to a port with TLS.
    static let wantsTLS = HTTPResponse(
        .badRequest, text: "this port speaks TLS: plaintext HTTP was sent to it")
    /// TLS was sent to a port without; its client cannot read this, but can show it to a person.
    static let wantsPlaintext = HTTPResponse(
        .badRequest, text: "this port speaks plaintext HTTP: TLS was sent to it")
}
