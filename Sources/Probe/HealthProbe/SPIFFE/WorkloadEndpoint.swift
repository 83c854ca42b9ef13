// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import SystemIO

/// Where the SPIFFE agent listens: `unix:///PATH` or `tcp://IP:PORT` (SPIFFE Workload Endpoint, 4).
struct WorkloadEndpoint {
    let address: SocketAddress

    /// Reads the value of SPIFFE_ENDPOINT_SOCKET; nil when it is not set. Throws in the words of go-spiffe, which
    /// scripts know.
    init(_ text: String?) throws(WorkloadError) {
        guard let text, !text.isEmpty else {
            throw WorkloadError("workload endpoint socket address is not configured")
        }
        if let path = Self.rest(of: text, after: "unix:") {
            let path = Self.rest(of: path, after: "//") ?? path
            guard path.utf8.first == UInt8(ascii: "/"), let address = SocketAddress(unixPath: path)
            else {
                throw WorkloadError("workload endpoint unix socket URI must include a path")
            }
            self.address = address
        } else if let endpoint = Self.rest(of: text, after: "tcp://") {
            guard let address = Self.numeric(endpoint) else {
                throw WorkloadError(
                    "workload endpoint tcp socket URI host component must be an IP:port")
            }
            self.address = address
        } else {
            throw WorkloadError(
                "workload endpoint socket URI must have a \"tcp\" or \"unix\" scheme")
        }
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        return String(Substring(text.utf8.dropFirst(prefix.utf8.count)))
    }

    private static func numeric(_ endpoint: String) -> SocketAddress? {
        do throws(ClientTargetError) {
            guard case .host(let host, let port) = try ClientTarget(endpoint).endpoint else {
                return nil
            }
            return SocketAddress(numeric: host, port: port)
        } catch {
            return nil
        }
    }
}

/// Why there are no SPIFFE credentials; `reason` is what the verdict's line ends with.
struct WorkloadError: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
