// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import CheckScheduling
import HTTP1Wire
import Outbound
import TLSWire
import Text

/// Where a check goes by HTTP/1.1, and what each request to it carries.
///
/// Options: `header` (`Name: value`, repeatable) and those of ``CheckTLS``. User and password of the URL become basic
/// authentication.
package struct HTTPTarget: Sendable {
    package let url: TargetURL
    /// Writes requests with the fields that were configured.
    private(set) var writer: HTTP1RequestWriter
    private let place: OutboundTarget.Place
    private let context: TLSContext?
    private let serverName: String

    /// Reads the target and the options, and the files of TLS.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        url = try .forCheck(target, schemes: "http https", takesServices: true)
        guard let writer = HTTP1RequestWriter(host: url.authority(defaultPort: url.httpPort)) else {
            throw CheckOptionError("target", "has a host that HTTP cannot name")
        }
        self.writer = writer
        place =
            try url.takePlace(&options, defaultPort: url.httpPort)
            ?? .host(url.host, port: url.httpPort)
        let tls = try CheckTLS(&options, .http1)
        context = url.scheme == "https" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.serverName
        try addFields(&options)
    }

    private mutating func addFields(_ options: inout CheckOptions) throws(CheckOptionError) {
        var isFine =
            writer.add("user-agent", "vitals/" + Vitals.version) && writer.add("accept", "*/*")
        if let user = url.user {
            let credentials = Base64.encodePadded(Array("\(user):\(url.password ?? "")".utf8))
            isFine = isFine && writer.add("authorization", "Basic " + credentials)
        }
        guard isFine else { throw Self.malformed }
        for line in options.takeAll("header") {
            let parts = line.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2,
                writer.add(
                    name: String(decoding: Array(parts[0]), as: UTF8.self),
                    String(decoding: Array(parts[1].drop { $0 == 0x20 }), as: UTF8.self))
            else { throw CheckOptionError("header", "is no field: use Name: value") }
        }
    }

    /// Sends a secret with each request, as a bearer token; false when it cannot be one.
    mutating func authorize(_ token: String) -> Bool {
        writer.add("authorization", "Bearer " + token)
    }

    /// The URL's path and query, as a request names them.
    var requestTarget: String { requestTarget(url.path.isEmpty ? "/" : url.path) }

    /// Another path with the URL's query.
    func requestTarget(_ path: String) -> String {
        path + (url.query.map { "?" + $0 } ?? "")
    }

    /// A GET of the URL.
    package func get() throws(CheckOptionError) -> [UInt8] {
        guard let request = writer.get(requestTarget) else { throw Self.malformed }
        return request
    }

    /// A path or a query that no request can have.
    static let malformed = CheckOptionError(
        "target", "has a character that must be written as %XX")

    /// Sessions over connections to it.
    package func plan(_ makeSession: @escaping () -> any CheckSession) -> NetworkPlan {
        let target = OutboundTarget(place, tls: context, serverName: serverName)
        return NetworkPlan(of: target, makeSession)
    }
}

extension TargetURL {
    /// The port of HTTP that the scheme means.
    var httpPort: UInt16 { scheme == "https" ? 443 : 80 }
}
