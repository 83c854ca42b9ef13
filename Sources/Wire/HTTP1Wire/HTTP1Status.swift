// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A status code of HTTP (RFC 9110, 15).
package struct HTTP1Status: RawRepresentable, Equatable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let ok = HTTP1Status(rawValue: 200)
    package static let created = HTTP1Status(rawValue: 201)
    package static let accepted = HTTP1Status(rawValue: 202)
    package static let noContent = HTTP1Status(rawValue: 204)
    package static let movedPermanently = HTTP1Status(rawValue: 301)
    package static let found = HTTP1Status(rawValue: 302)
    package static let seeOther = HTTP1Status(rawValue: 303)
    package static let notModified = HTTP1Status(rawValue: 304)
    package static let badRequest = HTTP1Status(rawValue: 400)
    package static let unauthorized = HTTP1Status(rawValue: 401)
    package static let forbidden = HTTP1Status(rawValue: 403)
    package static let notFound = HTTP1Status(rawValue: 404)
    package static let methodNotAllowed = HTTP1Status(rawValue: 405)
    package static let notAcceptable = HTTP1Status(rawValue: 406)
    package static let requestTimeout = HTTP1Status(rawValue: 408)
    package static let conflict = HTTP1Status(rawValue: 409)
    package static let contentTooLarge = HTTP1Status(rawValue: 413)
    package static let uriTooLong = HTTP1Status(rawValue: 414)
    package static let unsupportedMediaType = HTTP1Status(rawValue: 415)
    package static let expectationFailed = HTTP1Status(rawValue: 417)
    package static let tooManyRequests = HTTP1Status(rawValue: 429)
    package static let headerFieldsTooLarge = HTTP1Status(rawValue: 431)
    package static let internalServerError = HTTP1Status(rawValue: 500)
    package static let notImplemented = HTTP1Status(rawValue: 501)
    package static let serviceUnavailable = HTTP1Status(rawValue: 503)
    package static let versionNotSupported = HTTP1Status(rawValue: 505)
    package static let insufficientStorage = HTTP1Status(rawValue: 507)

    /// The words after the number; empty for a number without a name here.
    package var reason: StaticString {
        switch self {
        case .ok: "OK"
        case .created: "Created"
        case .accepted: "Accepted"
        case .noContent: "No Content"
        case .movedPermanently: "Moved Permanently"
        case .found: "Found"
        case .seeOther: "See Other"
        case .notModified: "Not Modified"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .notAcceptable: "Not Acceptable"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .contentTooLarge: "Content Too Large"
        case .uriTooLong: "URI Too Long"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .expectationFailed: "Expectation Failed"
        case .tooManyRequests: "Too Many Requests"
        case .headerFieldsTooLarge: "Request Header Fields Too Large"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .serviceUnavailable: "Service Unavailable"
        case .versionNotSupported: "HTTP Version Not Supported"
        case .insufficientStorage: "Insufficient Storage"
        default: ""
        }
    }
}

extension HTTP1Status {
    /// Reads what follows the version in the first line of a response: three digits, and nothing else before a blank (RFC 9112, 4).
    package init(inLine text: ArraySlice<UInt8>) throws(HTTP1Fault) {
        let start = text.startIndex
        guard text.count == 3 || (text.count > 3 && text[start + 3] == 0x20) else {
            throw .startLine
        }
        var status = 0
        for byte in text.prefix(3) {
            guard byte.isDigit else { throw .startLine }
            status = status * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard (100..<600).contains(status) else { throw .startLine }
        self.init(rawValue: status)
    }
}
