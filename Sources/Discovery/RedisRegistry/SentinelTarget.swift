// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import NetworkChecks
import Outbound
import TLSWire
import Text

/// Where a master of Redis is told: `redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT]/NAME[/DATABASE]`, or `rediss+sentinel://` for
/// TLS to the sentinels and to the master. User and password are those of the master.
///
/// Options: `member=HOST[:PORT]` for each other sentinel, `password-file`, `password-env`, `sentinel-user`,
/// `sentinel-password-file`, `sentinel-password-env`, and those of ``NetworkChecks/CheckTLS``.
package struct SentinelTarget: Sendable {
    package let url: TargetURL
    /// The name under which the sentinels know the master.
    let name: String
    /// At least one; they are asked in turn.
    let sentinels: [HostAndPort]
    let sentinelLogin: RedisLogin
    let login: RedisLogin
    private let context: TLSContext?
    private let serverName: String?

    /// The schemes of its URLs.
    package static let schemes = ["redis+sentinel", "rediss+sentinel"]
    private static let port: UInt16 = 26379
    private static let sentinelLimit = 16

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: inout CheckOptions) throws(CheckOptionError) {
        do throws(TargetURLError) {
            url = try TargetURL(target, schemes: Self.schemes.joined(separator: " "))
        } catch {
            throw CheckOptionError("url", error.text)
        }
        guard url.query == nil else {
            throw CheckOptionError("url", "has a query: give other sentinels by member")
        }
        let (name, database) = try Self.master(in: url.path)
        self.name = name
        var sentinels = [HostAndPort(host: url.host, port: url.port ?? Self.port)]
        for text in options.takeAll("member") {
            guard let member = HostAndPort(text.utf8[...], defaultPort: Self.port) else {
                throw CheckOptionError("member", "is no HOST or HOST:PORT")
            }
            sentinels.append(member)
        }
        guard sentinels.count <= Self.sentinelLimit else {
            throw CheckOptionError(
                "member", "is given too often: \(Self.sentinelLimit - 1) at most")
        }
        self.sentinels = sentinels
        login = RedisLogin(
            user: url.user?.isEmpty == true ? nil : url.user,
            password: try options.takeSecret("password", inURL: url.password), database: database)
        let user = try options.take("sentinel-user")
        let password = try options.takeSecret("sentinel-password")
        if user != nil, password == nil {
            throw CheckOptionError("sentinel-user", "needs a sentinel-password-file")
        }
        sentinelLogin = RedisLogin(user: user, password: password)
        let tls = try CheckTLS(&options, .none)
        context = url.scheme.hasPrefix("rediss") ? try tls.makeContext() : nil
        serverName = tls.serverName
    }

    /// The name and the number of a database that a path has; nil for the first.
    private static func master(
        in path: String
    ) throws(CheckOptionError) -> (name: String, database: Int?) {
        let parts = path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty,
            name.allSatisfy({ $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) })
        else {
            throw CheckOptionError(
                "url", "has no name of a master: use redis+sentinel://HOST/NAME, such as /mymaster")
        }
        guard parts.count > 1, let text = parts.last, !text.isEmpty else {
            return (String(Substring(name)), nil)
        }
        guard parts.count == 2, text.allSatisfy(\.isDigit), let number = Int(Substring(text)) else {
            throw CheckOptionError(
                "url", "has something behind the name that is no number of a database")
        }
        // A connection begins with the first.
        return (String(Substring(name)), number == 0 ? nil : number)
    }

    /// What a loop connects to, for a sentinel as for a master.
    func place(_ server: HostAndPort) -> OutboundTarget {
        OutboundTarget(
            .host(server.host, port: server.port), tls: context,
            serverName: serverName ?? server.host)
    }
}
