// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How the probe tells its caller what it found. Scripts and manifests rely on the numbers.
package enum ProbeExitCode: Int32, Sendable {
    /// The service answered SERVING, or there was nothing to check.
    case serving = 0
    /// The command line, a certificate or a key cannot be used.
    case invalidArguments = 1
    /// There was no connection within -connect-timeout.
    case connectionFailed = 2
    /// The RPC failed.
    case rpcFailed = 3
    /// The service answered another status than SERVING.
    case notServing = 4
    /// No SPIFFE credentials could be had.
    case spiffeFailed = 20
}
