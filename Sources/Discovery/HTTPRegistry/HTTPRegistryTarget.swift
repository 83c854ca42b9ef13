// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import CheckScheduling
import HTTP1Wire
import InstanceDocuments
import InstanceRegistry
package import NetworkChecks
import Outbound
import SystemIO
import TLSWire

/// Where a registry over HTTP is: `http://HOST[:PORT][/PREFIX]`, or `https://`.
///
/// Options: `token-file`, `token-env`, and those of ``NetworkChecks/CheckTLS``.
package struct HTTPRegistryTarget: Sendable {
    package let url: TargetURL
    let place: OutboundTarget
    private let writer: HTTP1RequestWriter
    /// What stands before the path of a registry; no slash at its end.
    private let prefix: String

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        do throws(TargetURLError) {
            url = try TargetURL(target, schemes: "http https")
        } catch {
            throw CheckOptionError("url", error.text)
        }
        guard url.query == nil, url.user == nil else {
            throw CheckOptionError(
                "url", "has more than HOST:PORT and a path: give a token by token-file")
        }
        let isSecure = url.scheme == "https"
        let port: UInt16 = isSecure ? 443 : 80
        let tls = try CheckTLS(&options, .http1)
        place = OutboundTarget(
            .host(url.host, port: url.port ?? port), tls: isSecure ? try tls.makeContext() : nil,
            serverName: tls.serverName ?? url.host)
        guard var writer = HTTP1RequestWriter(host: url.authority(defaultPort: port)),
            writer.add("user-agent", "vitals/" + Vitals.version), writer.add("connection", "close")
        else { throw CheckOptionError("url", "has a host that HTTP cannot name") }
        if let token = try options.takeSecret("token") {
            if token.isEmpty { throw CheckOptionError("token-file", "has no token in it") }
            if !writer.add("authorization", "Bearer " + token) {
                throw CheckOptionError("token-file", "has a control character")
            }
        }
        self.writer = writer
        var path = url.path[...]
        while path.hasSuffix("/") { path.removeLast() }
        prefix = String(path)
        guard writer.get(prefix + "/") != nil else {
            throw CheckOptionError(
                "url", "has a path that HTTP cannot name: write it with %20 and the like")
        }
    }

    // MARK: Requests; names have been judged

    func list(_ service: String) -> [UInt8]? { writer.get(path(of: service)) }

    func watch(_ service: String) -> [UInt8]? { writer.get(path(of: service) + "?watch") }

    func put(_ instance: [UInt8], at key: InstanceKey, timeToLive: Duration) -> [UInt8]? {
        let milliseconds = timeToLive.wholeNanoseconds / 1_000_000
        return writer.put(
            path(of: key) + "?ttl=\(milliseconds)ms", contentType: "application/json",
            body: instance)
    }

    func remove(_ key: InstanceKey) -> [UInt8]? { writer.delete(path(of: key)) }

    private func path(of service: String) -> String {
        prefix + "\(RegistryPath.services)\(service)"
    }

    private func path(of key: InstanceKey) -> String { path(of: key.service) + "/\(key.id)" }
}
