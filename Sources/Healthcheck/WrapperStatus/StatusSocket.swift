// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import SystemIO

/// Where a wrapper answers `healthcheck status`: a Unix socket.
package struct StatusSocket: Sendable {
    /// A path, or a name with `@` before it in the abstract namespace.
    package let text: String
    package let address: SocketAddress

    /// The path of its file; nil for an abstract name.
    package var path: String? { text.hasPrefix("@") ? nil : text }

    /// The environment variable that names one place.
    package static let variable = "HEALTHCHECK_SOCKET"

    private init?(_ text: String) {
        guard let address = SocketAddress(unixPath: text) else { return nil }
        self.text = text
        self.address = address
    }

    /// The places in the order in which a wrapper tries to listen and a client asks. What is `given` by the variable or a flag
    /// is the only one; empty when it is no path of a socket.
    ///
    /// The last one is for containers in which no folder can be written to. Abstract names belong to the network, which
    /// containers may share: the name has the number of the PID namespace in it.
    package static func candidates(given: String?) -> [StatusSocket] {
        if let given, !given.isEmpty { return [StatusSocket(given)].compactMap(\.self) }
        let names = ["/run/healthcheck.sock", "/tmp/healthcheck.sock", "@healthcheck-" + namespace]
        return names.compactMap(StatusSocket.init)
    }

    /// The number of the PID namespace; without /proc the name of the host, which a container has to itself.
    private static var namespace: String {
        do throws(SystemCallError) {
            return String(try FileStatus.of("/proc/self/ns/pid").inode)
        } catch {
            var name = [CChar](repeating: 0, count: 65)
            gethostname(&name, name.count - 1)
            return name.withUnsafeBufferPointer { bytes in
                String(
                    decoding: UnsafeRawBufferPointer(bytes).prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }
}
