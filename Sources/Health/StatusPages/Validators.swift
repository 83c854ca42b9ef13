// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
package import HTTPRouting
import StatusBoard
import SystemIO
import Text

/// What tells clients how fresh a page is (RFC 9110, 8.8; RFC 9111, 5.1), and the revision.
struct Validators {
    /// The number of the board's revision, for `since`.
    static let revisionField: StaticString = "vitals-revision"

    private let revision: String
    private let instance: String
    private let lastModified: String
    private let age: String

    /// Those of a snapshot for readers of a kind. `reported` is when a producer has told the board something last.
    init(_ snapshot: Board.Snapshot, _ context: PageContext, reported: MonotonicTime) {
        let (number, changed) = context.audience.revision(of: snapshot)
        revision = "\(number)"
        instance = Self.tagText(context.identity.instance)
        let date = HTTPDate(secondsSince1970: context.clock.timestamp(of: changed).seconds)
        lastModified = String(decoding: date.bytes, as: UTF8.self)
        age = "\(context.clock.seconds(since: reported))"
    }

    /// A weak tag: two texts of one revision may differ in times, and say the same.
    func tag(_ format: HealthFormat? = nil) -> String {
        let form = format.map { "-\($0.rawValue)" } ?? ""
        return "W/\"\(instance)-\(revision)\(form)\""
    }

    /// What a tag may have of a name.
    private static func tagText(_ name: String) -> String {
        let bytes = name.utf8.map { byte in
            byte.isLetter || byte.isNameByte ? byte : UInt8(ascii: "-")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The fields of a page; of `/health` in one of its formats.
    func fields(_ format: HealthFormat? = nil) -> [(name: StaticString, value: String)] {
        let fields: [(name: StaticString, value: String)] = [
            ("cache-control", "no-cache"), ("x-content-type-options", "nosniff"),
            ("etag", tag(format)), ("last-modified", lastModified), ("age", age),
            (Self.revisionField, revision),
        ]
        return format == nil ? fields : fields + [("vary", "accept")]
    }

    /// Whether a field `if-none-match` has the tag: compared weakly (RFC 9110, 13.1.2).
    static func matches(_ field: String, _ tag: String) -> Bool {
        if field.trimmingWhiteSpace == "*" { return true }
        let opaque = tag.dropFirst(2)
        return field.utf8.split(separator: UInt8(ascii: ",")).contains { item in
            let text = String(decoding: item, as: UTF8.self).trimmingWhiteSpace
            return (text.hasPrefix("W/") ? text.dropFirst(2) : text[...]) == opaque
        }
    }
}

extension HTTPResponse {
    /// The response, or 304 to a client that has it. What is no success is always sent whole (RFC 9110, 13.2.1).
    package func validated(for request: HTTPRequest) -> HTTPResponse {
        guard status == .ok, let known = request["if-none-match"],
            let tag = fields.first(where: { "\($0.name)" == "etag" })?.value,
            Validators.matches(known, tag)
        else { return self }
        return HTTPResponse(
            .notModified, fields: fields.filter { "\($0.name)" != "content-type" })
    }

    /// A page of a status that says whether the service can serve.
    init(
        _ canServe: Bool, contentType: String, body: [UInt8],
        fields: [(name: StaticString, value: String)]
    ) {
        self.init(
            canServe ? .ok : .serviceUnavailable, contentType: contentType, body: body,
            fields: fields)
    }

    /// A line of text about a request that is not as it should be.
    init(_ status: HTTP1Status, line: String) {
        self.init(
            status, contentType: "text/plain; charset=utf-8", body: Array(LineText.line(line).utf8),
            fields: [("cache-control", "no-cache"), ("x-content-type-options", "nosniff")])
    }
}
