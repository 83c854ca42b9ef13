// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HTTP1Wire
package import HTTPRouting
import Text

/// `POST /heartbeat/NAME`: reports of heartbeats over HTTP.
package struct HeartbeatService: HTTPService {
    private let desk: HeartbeatDesk
    private let asksForToken: Bool

    private static let path: StaticString = "/heartbeat/"

    /// A service that brings reports to `desk`. It asks for the token of the heartbeat where everybody reaches it; without that
    /// it is for an address of operators only, and pages of other sites have to be refused before it.
    package init(_ desk: HeartbeatDesk, asksForToken: Bool) {
        self.desk = desk
        self.asksForToken = asksForToken
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(.post, below: Self.path, .immediate { [self] in answer(to: $0) })
    }

    private func answer(to request: HTTPRequest) -> HTTPResponse {
        let name = HTTPQuery.decodePath(request.path.dropFirst(Self.path.utf8CodeUnitCount))
        do throws(HeartbeatRefusal) {
            if asksForToken {
                let token = BearerToken.read(request) ?? ""
                // First who it is: who has no token learns nothing about reports.
                try desk.checkToken(token, for: name)
            }
            try desk.take(try HeartbeatReport(request), for: name)
            return Self.response(.ok, "message", "taken")
        } catch {
            return Self.response(error.status, "error", error.text)
        }
    }

    private static func response(
        _ status: HTTP1Status, _ key: String, _ text: String
    ) -> HTTPResponse {
        let body = "{\"\(key)\":\(PrintableText.quoted(text, .json))}\n"
        var fields: [(name: StaticString, value: String)] = [
            ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
        ]
        if status == .unauthorized { fields.append(("www-authenticate", "Bearer")) }
        return HTTPResponse(
            status, contentType: "application/json", body: Array(body.utf8), fields: fields)
    }
}

extension HeartbeatRefusal {
    fileprivate var status: HTTP1Status {
        switch self {
        case .unknownName: .notFound
        case .unauthorized: .unauthorized
        case .malformed: .badRequest
        case .tooLarge: .contentTooLarge
        }
    }
}
