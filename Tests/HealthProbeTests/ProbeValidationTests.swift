// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HealthProbe
import Testing

@Suite struct ProbeValidationTests {
    @Test(
        "Options that do not go together are refused",
        arguments: [
            ("", "error: -addr not specified"),
            ("-addr=", "error: -addr not specified"),
            (
                "-addr=a -connect-timeout=0",
                "error: -connect-timeout must be greater than zero (specified: 0s)"
            ),
            (
                "-addr=a -connect-timeout=-1m30s",
                "error: -connect-timeout must be greater than zero (specified: -1m30s)"
            ),
            (
                "-addr=a -rpc-timeout=-300ms",
                "error: -rpc-timeout must be greater than zero (specified: -300ms)"
            ),
            (
                "-addr=a -timeout=0 -connect-timeout=0",
                "error: -timeout must be greater than zero (specified: 0s)"
            ),
            ("-addr=a -alts -spiffe", "error: -alts and -spiffe are mutually incompatible"),
            ("-addr=a -tls -alts", "error: cannot specify -tls with -alts"),
            (
                "-addr=a -tls-no-verify",
                "error: specified -tls-no-verify without specifying -tls"
            ),
            ("-addr=a -tls-ca-cert=f", "error: specified -tls-ca-cert without specifying -tls"),
            (
                "-addr=a -tls-client-cert=f",
                "error: specified -tls-client-cert without specifying -tls"
            ),
            (
                "-addr=a -tls-server-name=n",
                "error: specified -tls-server-name without specifying -tls"
            ),
            (
                "-addr=a -tls -tls-client-cert=f",
                "error: specified -tls-client-cert without specifying -tls-client-key"
            ),
            (
                "-addr=a -tls -tls-client-key=f",
                "error: specified -tls-client-key without specifying -tls-client-cert"
            ),
            (
                "-addr=a -tls-client-key=f",
                "error: specified -tls-client-key without specifying -tls-client-cert"
            ),
            (
                "-addr=a -tls -tls-no-verify -tls-ca-cert=f",
                "error: cannot specify -tls-ca-cert with -tls-no-verify "
                    + "(CA cert would not be used)"
            ),
            (
                "-addr=a -tls -tls-no-verify -tls-server-name=n",
                "error: cannot specify -tls-server-name with -tls-no-verify "
                    + "(server name would not be used)"
            ),
            ("-addr=a -tls -spiffe", "-tls and -spiffe are mutually incompatible"),
        ])
    func refused(_ arguments: String, _ text: String) {
        let arguments = arguments.split(separator: " ").map { String($0) }
        #expect(ProbeInvocation(arguments: arguments) == .refuse(text: text + "\n"))
    }

    /// Each flag list breaks one rule more than the next, from the first rule to the last.
    @Test(
        "Of several errors the first in upstream's order is reported",
        arguments: [
            (0, "error: -addr not specified"),
            (1, "error: -connect-timeout must be greater than zero (specified: 0s)"),
            (2, "error: -rpc-timeout must be greater than zero (specified: 0s)"),
            (3, "error: -alts and -spiffe are mutually incompatible"),
        ])
    func order(_ skipped: Int, _ text: String) {
        let wrong = ["", "-connect-timeout=0", "-rpc-timeout=0", "-spiffe"]
        let arguments =
            (skipped > 0 ? ["-addr=a"] : [])
            + wrong[skipped...].filter { !$0.isEmpty } + ["-alts", "-tls", "-tls-client-key=f"]
        #expect(ProbeInvocation(arguments: arguments) == .refuse(text: text + "\n"))
    }

    @Test(
        "The rules of TLS are checked in upstream's order",
        arguments: [
            (
                "-alts -tls -tls-no-verify -tls-ca-cert=f -tls-client-key=f",
                "error: cannot specify -tls with -alts"
            ),
            (
                "-alts -tls-server-name=n -tls-client-cert=f -tls-ca-cert=f -tls-no-verify",
                "error: specified -tls-no-verify without specifying -tls"
            ),
            (
                "-tls-server-name=n -tls-client-cert=f -tls-ca-cert=f",
                "error: specified -tls-ca-cert without specifying -tls"
            ),
            (
                "-tls-server-name=n -tls-client-cert=f",
                "error: specified -tls-client-cert without specifying -tls"
            ),
            (
                "-tls-server-name=n -tls-client-key=f",
                "error: specified -tls-server-name without specifying -tls"
            ),
            (
                "-tls -tls-client-cert=f -tls-no-verify -tls-ca-cert=f",
                "error: specified -tls-client-cert without specifying -tls-client-key"
            ),
            (
                "-tls -spiffe -tls-no-verify -tls-ca-cert=f -tls-server-name=n",
                "error: cannot specify -tls-ca-cert with -tls-no-verify "
                    + "(CA cert would not be used)"
            ),
            (
                "-tls -spiffe -tls-no-verify -tls-server-name=n",
                "error: cannot specify -tls-server-name with -tls-no-verify "
                    + "(server name would not be used)"
            ),
            ("-tls -spiffe -gzip", "-tls and -spiffe are mutually incompatible"),
        ])
    func orderOfTLS(_ arguments: String, _ text: String) {
        let arguments = ["-addr=a"] + arguments.split(separator: " ").map { String($0) }
        #expect(ProbeInvocation(arguments: arguments) == .refuse(text: text + "\n"))
    }

    @Test(
        "-expected-spiffe-id needs -spiffe and a SPIFFE ID",
        arguments: [
            (
                "-expected-spiffe-id=spiffe://a/b",
                "error: specified -expected-spiffe-id without specifying -spiffe"
            ),
            (
                "-spiffe -expected-spiffe-id=a/b",
                "error: -expected-spiffe-id \"a/b\" is no SPIFFE ID: use spiffe://DOMAIN/PATH"
            ),
            (
                "-spiffe -expected-spiffe-id=spiffe:///b",
                "error: -expected-spiffe-id \"spiffe:///b\" is no SPIFFE ID: "
                    + "use spiffe://DOMAIN/PATH"
            ),
        ])
    func expectedSPIFFEID(_ arguments: String, _ text: String) {
        let arguments = ["-addr=a"] + arguments.split(separator: " ").map { String($0) }
        #expect(ProbeInvocation(arguments: arguments) == .refuse(text: text + "\n"))
    }
}
