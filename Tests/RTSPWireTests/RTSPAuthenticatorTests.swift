// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTSPWire

@Suite("Who asks a server of streams")
struct RTSPAuthenticatorTests {
    private func authenticator() -> RTSPAuthenticator {
        RTSPAuthenticator(("user", "pass"), clientNonce: "cnonce")
    }

    /// The proofs are those of an independent computation (Python's hashlib).
    @Test("Digest without qop is that of RFC 2069, Basic is that of RFC 7617")
    func old() {
        var digest = authenticator()
        #expect(digest.authorization(.options, "rtsp://h/s") == nil)
        #expect(
            digest.challenged([
                #"Basic realm="r""#, #"Digest realm="r, \"x\"", nonce="n", opaque="o""#,
            ]) == .retry)
        #expect(
            digest.authorization(.describe, "rtsp://h/s")
                == #"Digest username="user", realm="r, \"x\"", nonce="n", uri="rtsp://h/s", "#
                + #"response="39a20982e3245d27271a4c37b5c8de75", opaque="o""#)
        var basic = authenticator()
        #expect(basic.challenged([#"Basic realm="r""#]) == .retry)
        #expect(basic.authorization(.describe, "rtsp://h/s") == "Basic dXNlcjpwYXNz")
    }

    @Test("The strongest of several ways is taken, and each request has its own proof")
    func strongest() {
        var digest = authenticator()
        let challenge =
            #"Digest realm="r", nonce="n", qop="auth-int, auth", algorithm=MD5, Digest realm="r", "#
            + #"nonce="n", qop="auth", algorithm=SHA-256, Basic realm="r""#
        #expect(digest.challenged([challenge]) == .retry)
        let first = digest.authorization(.setup, "rtsp://h/s")
        #expect(
            first
                == #"Digest username="user", realm="r", nonce="n", uri="rtsp://h/s", response="d77deab6960253514c70bd2af98130a23740992815a4415adbe46642fa20b9c1", "#
                + #"qop=auth, nc=00000001, cnonce="cnonce", algorithm=SHA-256"#)
        let second = digest.authorization(.setup, "rtsp://h/s")
        #expect(second?.hasSuffix(#"nc=00000002, cnonce="cnonce", algorithm=SHA-256"#) == true)
    }

    @Test("A second refusal is one, unless the nonce was stale; that is not believed for ever")
    func refusals() {
        var digest = authenticator()
        #expect(digest.challenged([#"Digest realm="r", nonce="a""#]) == .retry)
        #expect(digest.challenged([#"Digest realm="r", nonce="b", stale=TRUE"#]) == .retry)
        #expect(digest.challenged([#"Digest realm="r", nonce="c", stale=true"#]) == .retry)
        #expect(digest.challenged([#"Digest realm="r", nonce="d", stale=true"#]) == .refused)
        digest.accepted()
        #expect(digest.challenged([#"Digest realm="r", nonce="e""#]) == .retry)
        #expect(digest.challenged([#"Digest realm="r", nonce="f""#]) == .refused)
        var basic = authenticator()
        #expect(basic.challenged([#"Basic realm="r", stale=true"#]) == .retry)
        #expect(basic.challenged([#"Basic realm="r", stale=true"#]) == .refused)
    }

    @Test("Unknown ways and a missing user are told apart")
    func unknown() {
        var digest = authenticator()
        #expect(digest.challenged([]) == .unknownScheme)
        for field in [
            "Negotiate", "Bearer a=b", "Digest realm=\"r\"",
            #"Digest nonce="n", algorithm=MD5-sess"#,
            #"Digest nonce="n", qop="auth-int""#, "=,=", "Digest =\"",
        ] {
            #expect(digest.challenged([field]) == .unknownScheme)
        }
        var none = RTSPAuthenticator(nil, clientNonce: "")
        #expect(none.challenged(["Basic realm=x"]) == .wantsCredentials)
    }
}
