// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A status code of HTTP (RFC 9110, 15).
public struct HTTP1Status: RawRepresentable, Equatable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let ok = HTTP1Status(rawValue: 200)
    public static let accepted = HTTP1Status(rawValue: 202)
    public static let noContent = HTTP1Status(rawValue: 204)
    public static let badRequest = HTTP1Status(rawValue: 400)
    public static let unauthorized = HTTP1Status(rawValue: 401)
    public static let forbidden = HTTP1Status(rawValue: 403)
    public static let notFound = HTTP1Status(rawValue: 404)
    public static let methodNotAllowed = HTTP1Status(rawValue: 405)
    public static let requestTimeout = HTTP1Status(rawValue: 408)
    public static let conflict = HTTP1Status(rawValue: 409)
    public static let contentTooLarge = HTTP1Status(rawValue: 413)
    public static let uriTooLong = HTTP1Status(rawValue: 414)
    public static let unsupportedMediaType = HTTP1Status(rawValue: 415)
    public static let expectationFailed = HTTP1Status(rawValue: 417)
    public static let tooManyRequests = HTTP1Status(rawValue: 429)
    public static let headerFieldsTooLarge = HTTP1Status(rawValue: 431)
    public static let internalServerError = HTTP1Status(rawValue: 500)
    public static let notImplemented = HTTP1Status(rawValue: 501)
    public static let serviceUnavailable = HTTP1Status(rawValue: 503)
    public static let versionNotSupported = HTTP1Status(rawValue: 505)

    /// The words after the number; empty for a number without a name here.
    public var reason: StaticString {
        switch self {
        case .ok: "OK"
        case .accepted: "Accepted"
        case .noContent: "No Content"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
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
        default: ""
        }
    }
}
