// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Dialer
package import SystemIO

extension ClientTarget {
    /// The addresses of the target. With `retries`, asks again until there is one; blocks until `deadline` at most.
    package func resolve(
        until deadline: MonotonicTime, retries: Bool = true
    ) throws(ConnectionError) -> [SocketAddress] {
        switch endpoint {
        case .unix(let path):
            guard let address = SocketAddress(unixPath: path) else {
                throw .connect(to: "unix:\(path)", .nameTooLong)
            }
            return [address]
        case .host(let host, let port):
            var backoff = RetryBackoff()
            while true {
                do throws(NameResolutionError) {
                    return try NameResolver.resolve(host, port: port, deadline: deadline)
                } catch {
                    if !retries { throw .resolve(error) }
                    let retry = MonotonicTime.now() + backoff.advance()
                    if retry >= deadline {
                        deadline.sleep()
                        throw .resolve(error)
                    }
                    retry.sleep()
                }
            }
        }
    }
}
