// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Resolves names with c-ares: /etc/hosts first, then DNS, until a deadline.
///
/// Not `getaddrinfo`: in a static executable that loads the machine's NSS modules, and it has no deadline.
package enum NameResolver {
    /// Addresses to connect to `host`, a name or a numeric address, in the order to try them (RFC 6724). Blocks the
    /// calling thread, until `deadline` at most.
    package static func resolve(
        _ host: String, port: UInt16, deadline: MonotonicTime
    ) throws(NameResolutionError) -> [SocketAddress] {
        if let addresses = NumericHost.destinations(host, port: port) { return addresses }
        if NumericHost.isMalformedIPv4(host) || host.utf8.contains(UInt8(ascii: ":")) {
            throw .malformedAddress(host)
        }
        // A trailing dot makes a name absolute; /etc/hosts has names without it.
        let isWhole = host.utf8.last == UInt8(ascii: ".")
        let host = isWhole ? String(Substring(host.utf8.dropLast())) : host
        guard host == "localhost" else {
            return try ask(host, isWhole, port: port, deadline: deadline)
        }
        do throws(NameResolutionError) {
            return try ask(host, isWhole, port: port, deadline: deadline)
        } catch {
            // The name means this machine, even if it is not in /etc/hosts (RFC 6761, 6.3).
            let loopback = [
                SocketAddress(numeric: "127.0.0.1", port: port),
                SocketAddress(numeric: "::1", port: port),
            ]
            return loopback.compactMap { $0 }
        }
    }

    /// The addresses of a host that is an address, `localhost`, or a name of /etc/hosts; nil for any other. No name server is
    /// asked, but the file is read on the calling thread.
    package static func local(_ host: String, port: UInt16) -> [SocketAddress]? {
        if host == "localhost" {
            return try? resolve(host, port: port, deadline: .now() + .seconds(1))
        }
        if let addresses = NumericHost.destinations(host, port: port) { return addresses }
        do throws(NameResolutionError) {
            var query = try NameQuery(host: host, isWhole: true, isLocal: true)
            try query.run(until: .now() + .seconds(1))
            return try query.addresses(port: port)
        } catch {
            return nil
        }
    }

    /// The addresses that one name server has for a whole name, whatever this machine's files say. `server` is an address, or
    /// one with a port. Blocks the calling thread, until `deadline` at most.
    package static func ask(
        _ host: String, at server: String, port: UInt16 = 0, deadline: MonotonicTime
    ) throws(NameResolutionError) -> [SocketAddress] {
        var query = try NameQuery(host: host, isWhole: true, server: server)
        try query.run(until: deadline)
        return try query.addresses(port: port)
    }

    private static func ask(
        _ host: String, _ isWhole: Bool, port: UInt16, deadline: MonotonicTime
    ) throws(NameResolutionError) -> [SocketAddress] {
        var query = try NameQuery(host: host, isWhole: isWhole)
        try query.run(until: deadline)
        return try query.addresses(port: port)
    }
}
