// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TLSWire
import Testing
import VitalsClient

@Suite("Errors of the libraries")
struct ErrorTextTests {
    private static let errors: [(any Error, String)] = [
        (
            ConnectionError.connect(to: "a:1", .connectionRefused),
            "connect: a:1 refused the connection"
        ),
        (ClientTargetError.portMissing, "the address has no port: use host:port"),
        (TLSCredentialsError.noKey, "tls: failed to find any PEM data in key input"),
        (TLSFailure.notTLS, "the peer does not speak TLS"),
        (
            NameResolutionError.failed("a", reason: "why"),
            "cannot resolve a: why: see /etc/resolv.conf, or use an IP address"
        ),
        (SystemCallError("bind", .addressInUse), "bind: Address already in use"),
        (Status(.notFound, "unknown service"), "NOT_FOUND: unknown service"),
        (Status.ok, "OK"),
    ]

    @Test("An error prints as a sentence", arguments: 0..<8)
    func errors(index: Int) {
        #expect("\(Self.errors[index].0)" == Self.errors[index].1)
    }
}
