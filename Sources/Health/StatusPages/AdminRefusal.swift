// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP1Wire
package import HTTPRouting
import Text

/// Why a request is not carried out.
package struct AdminRefusal: Error, Equatable {
    /// For the response.
    package let status: HTTP1Status
    /// What is wrong, and what to do about it.
    package let reason: String

    /// A request with something wrong in it.
    package init(_ reason: String, _ status: HTTP1Status = .badRequest) {
        self.reason = reason
        self.status = status
    }

    /// The response to it, in JSON.
    package var response: HTTPResponse { .json(status, "error", reason) }
}

extension HTTPResponse {
    /// An object with one text, and `tail` behind it.
    package static func json(
        _ status: HTTP1Status, _ key: String, _ text: String, tail: String = ""
    ) -> HTTPResponse {
        let body = "{\"\(key)\":\(PrintableText.quoted(text, .json))\(tail)}\n"
        return HTTPResponse(
            status, contentType: "application/json", body: Array(body.utf8),
            fields: [("cache-control", "no-store"), ("x-content-type-options", "nosniff")])
    }
}
