// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import CheckScheduling
import HTTP1Wire
import Outbound
import TLSWire
import Text

/// The check of kind `http`: a URL of `http` or `https` answers as expected.
///
/// Options: `method` (GET or HEAD), `header` (`Name: value`, repeatable), those of ``HTTPExpectation`` and of ``CheckTLS``.
package struct HTTPCheck: CheckKind {
    private let url: TargetURL
    private let request: [UInt8]
    private let isHead: Bool
    private let expectation: HTTPExpectation
    private let context: TLSContext?
    private let serverName: String

    private static func defaultPort(_ url: TargetURL) -> UInt16 { url.scheme == "https" ? 443 : 80 }

    /// Reads the target and its options, and the files of TLS.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        url = try .forCheck(target, schemes: ["http", "https"])
        let method = try options.take("method", "GET or HEAD") {
            ["GET", "HEAD"].contains($0) ? $0 : nil
        }
        isHead = method == "HEAD"
        expectation = try HTTPExpectation(&options)
        if isHead, expectation.needsBody {
            throw CheckOptionError("method", "is HEAD, whose responses have no body: use GET")
        }
        request = try Self.request(url, isHead: isHead, &options)
        let tls = try CheckTLS(&options, .http1)
        context = url.scheme == "https" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.host
        try options.checkEmpty()
    }

    package var targetText: String { url.masked }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let place = OutboundTarget.Place.host(url.host, port: url.port ?? Self.defaultPort(url))
        let target = OutboundTarget(place, tls: self.context, serverName: serverName)
        return NetworkCheck(of: target, on: context.loop, context.resolver, context.buffer) {
            [request, isHead, expectation] in HTTPSession(request, isHead: isHead, expectation)
        }
    }

    private static func request(
        _ url: TargetURL, isHead: Bool, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> [UInt8] {
        let defaultPort = defaultPort(url)
        guard var writer = HTTP1RequestWriter(host: url.authority(defaultPort: defaultPort)) else {
            throw CheckOptionError("target", "has a host that HTTP cannot name")
        }
        var isFine =
            writer.add("user-agent", "vitals/" + Vitals.version) && writer.add("accept", "*/*")
        if let user = url.user {
            let credentials = Base64.encodePadded(Array("\(user):\(url.password ?? "")".utf8))
            isFine = isFine && writer.add("authorization", "Basic " + credentials)
        }
        for line in options.takeAll("header") {
            let parts = line.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2,
                writer.add(
                    name: String(decoding: Array(parts[0]), as: UTF8.self),
                    String(decoding: Array(parts[1].drop { $0 == 0x20 }), as: UTF8.self))
            else { throw CheckOptionError("header", "is no field: use Name: value") }
        }
        let path = url.path.isEmpty ? "/" : url.path
        let requestTarget = path + (url.query.map { "?" + $0 } ?? "")
        guard isFine, let request = isHead ? writer.head(requestTarget) : writer.get(requestTarget)
        else { throw CheckOptionError("target", "has a character that must be written as %XX") }
        return request
    }
}
