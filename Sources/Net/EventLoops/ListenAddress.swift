// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// What `--host` and `--port` come to.
package enum ListenAddress {
    /// Addresses to try, the first that can be had is meant; nil when `host` names none.
    ///
    /// No host is all interfaces: `[::]`, which takes IPv4 too, or `0.0.0.0` where there is no IPv6.
    package static func candidates(host: String, port: UInt16) -> [SocketAddress]? {
        if host.isEmpty {
            return ["::", "0.0.0.0"].compactMap { SocketAddress(numeric: $0, port: port) }
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let name = isBracketed ? String(host.dropFirst().dropLast()) : host
        if let address = SocketAddress(numeric: name, port: port) { return [address] }
        let deadline = MonotonicTime.now() + .seconds(5)
        return (try? NameResolver.resolve(name, port: port, deadline: deadline))?.prefix(1).map {
            $0
        }
    }
    /// Calls `listen` with one address after the other, until one is of a kind that this machine has.
    package static func first<Result>(
        of addresses: [SocketAddress], _ listen: (SocketAddress) throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        for address in addresses.dropLast() {
            do throws(SystemCallError) {
                return try listen(address)
            } catch {
                let isMissing =
                    error.errno == .addressFamilyNotSupported
                    || error.errno == .addressNotAvailable
                if !isMissing { throw error }
            }
        }
        guard let last = addresses.last else {
            throw SystemCallError("bind", .addressNotAvailable)
        }
        return try listen(last)
    }
}
