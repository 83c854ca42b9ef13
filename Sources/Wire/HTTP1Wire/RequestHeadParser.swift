// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Judges the head of a request (RFC 9112, 3; RFC 9110, 7.2 and 10.1.1).
struct RequestHeadParser {
    let request: HTTP1Request
    let length: BodyReader.Length
    /// The client waits for `100 Continue` before it sends the body.
    let expectsContinue: Bool

    /// A head that is refused though its end, and that of its body, are certain.
    struct Verdict: Error {
        let fault: HTTP1Fault
        var isFramingCertain = false
        var keepsConnection = false
        var isHead = false
    }

    init(_ head: HeadReader) throws(Verdict) {
        var verdict = Verdict(fault: .startLine)
        do throws(HTTP1Fault) {
            let line = try StartLine(head.startText ?? [])
            verdict.isHead = line.method.isEqual(to: "HEAD")
            let fields = head.fields
            try Self.checkHost(fields, isHTTP10: line.isHTTP10)
            let framing = try MessageFraming(fields, isHTTP10: line.isHTTP10)
            length = framing.body ?? .fixed(0)
            verdict.keepsConnection = framing.keepsConnection
            verdict.isFramingCertain = length == .fixed(0)
            let method = try Self.method(line.method)
            verdict.isFramingCertain = false
            // `OPTIONS *` is about the server, and not about a path.
            if method == .other, line.target.isEqual(to: "*") { throw .methodNotAllowed }
            let target = try Self.originForm(line.target)
            expectsContinue = try Self.expectation(fields, line.isHTTP10) && length != .fixed(0)
            let mark = target.firstIndex(of: UInt8(ascii: "?"))
            request = HTTP1Request(
                method: method, path: target[..<(mark ?? target.endIndex)].text,
                query: mark.map { target[($0 + 1)...].text }, fields: fields,
                keepsConnection: framing.keepsConnection, isHTTP10: line.isHTTP10)
        } catch {
            throw Verdict(
                fault: error, isFramingCertain: verdict.isFramingCertain,
                keepsConnection: verdict.keepsConnection, isHead: verdict.isHead)
        }
    }

    private struct StartLine {
        let method: ArraySlice<UInt8>
        let target: ArraySlice<UInt8>
        let isHTTP10: Bool

        init(_ line: ArraySlice<UInt8>) throws(HTTP1Fault) {
            guard let first = line.firstIndex(of: 0x20), first > line.startIndex,
                let second = line[(first + 1)...].firstIndex(of: 0x20), second > first + 1
            else { throw .startLine }
            method = line[..<first]
            target = line[(first + 1)..<second]
            let version = line[(second + 1)...]
            guard method.allSatisfy({ $0.isTokenByte }) else { throw .startLine }
            isHTTP10 = version.isEqual(to: "HTTP/1.0")
            if !isHTTP10, !version.isEqual(to: "HTTP/1.1") {
                throw Self.isVersion(version) ? .version : .startLine
            }
        }

        /// `HTTP/` and two digits with a dot between them.
        private static func isVersion(_ text: ArraySlice<UInt8>) -> Bool {
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let start = text.startIndex
            return text.count == 8 && text.starts(with: "HTTP/")
                && digits.contains(text[start + 5]) && text[start + 6] == UInt8(ascii: ".")
                && digits.contains(text[start + 7])
        }
    }

    private static func method(_ name: ArraySlice<UInt8>) throws(HTTP1Fault) -> HTTP1Request.Method
    {
        if name.isEqual(to: "GET") { return .get }
        if name.isEqual(to: "HEAD") { return .head }
        if name.isEqual(to: "POST") { return .post }
        if name.isEqual(to: "PUT") { return .put }
        if name.isEqual(to: "DELETE") { return .delete }
        let others: [StaticString] = ["PATCH", "OPTIONS", "TRACE"]
        if others.contains(where: { name.isEqual(to: $0) }) { return .other }
        // Its target is no path.
        throw name.isEqual(to: "CONNECT") ? .methodNotAllowed : .methodUnknown
    }

    /// Path and query. Of an absolute form they are what follows the authority (RFC 9112, 3.2.2).
    private static func originForm(_ target: ArraySlice<UInt8>) throws(HTTP1Fault) -> ArraySlice<
        UInt8
    > {
        guard target.allSatisfy({ $0.isURIByte }) else { throw .target }
        if target.first == UInt8(ascii: "/") { return target }
        guard target.prefix(7).isEqualIgnoringCase(to: "http://") else { throw .target }
        let rest = target.dropFirst(7)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), isAuthority(rest[..<slash]),
            slash > rest.startIndex
        else { throw .target }
        return rest[slash...]
    }

    private static func checkHost(_ fields: HTTP1Fields, isHTTP10: Bool) throws(HTTP1Fault) {
        let hosts = fields.count("host")
        guard hosts.count == 1 || (hosts.count == 0 && isHTTP10),
            hosts.first.map(isAuthority) ?? true
        else { throw .host }
    }

    /// A host and perhaps a port, as far as its characters tell.
    private static func isAuthority(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy {
            $0.isURIByte && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@")
                && $0 != UInt8(ascii: "?")
        }
    }

    private static func expectation(
        _ fields: HTTP1Fields, _ isHTTP10: Bool
    ) throws(HTTP1Fault) -> Bool {
        if isHTTP10 || fields.count("expect").count == 0 { return false }
        guard fields.values("expect").allSatisfy({ $0.isEqualIgnoringCase(to: "100-continue") })
        else {
            throw .expectation
        }
        return true
    }
}
