// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Testing

@testable import TLSWire

@Suite("What a client's certificates may cost")
struct PeerChainTests {
    private let files: TestFiles
    private let authority = TestCertificate.authority("Test CA")

    init() throws { files = try TestFiles() }

    private func identity(
        _ leaf: TestCertificate, _ chain: [TestCertificate] = [], name: String
    ) throws -> TLSIdentity {
        TLSIdentity(
            certificatePath: try files.write(
                name + ".pem", ([leaf] + chain).map(\.certificatePEM).joined()),
            keyPath: try files.write(name + ".key", leaf.keyPEM))
    }

    /// What a server that wants certificates says to a client with these.
    private func verdict(
        _ leaf: TestCertificate, _ chain: [TestCertificate] = []
    ) throws -> TLSFailure? {
        let own = TestCertificate.leaf("DNS:a.example", by: authority)
        var server = TLSServerConfiguration(identity: try identity(own, name: "server"))
        server.clientCA = try files.write("ca.pem", authority.certificatePEM)
        server.clientAuthentication = .require
        var client = TLSClientConfiguration()
        client.trust = .anything
        client.identity = try identity(leaf, chain, name: "client")
        var talk = try Conversation(.client(client), .server(server))
        talk.shakeHands()
        return talk.serverFailure
    }

    /// `count` intermediates, the one that issues the leaf first.
    private func intermediates(_ count: Int) -> [TestCertificate] {
        var chain: [TestCertificate] = []
        for index in 0..<count {
            var order = TestCertificate.Order("Intermediate \(index)")
            order.isAuthority = true
            order.issuer = chain.first ?? authority
            chain.insert(TestCertificate(order), at: 0)
        }
        return chain
    }

    @Test("A chain of eight certificates is verified, one of nine is refused")
    func length() throws {
        let seven = intermediates(7)
        #expect(try verdict(TestCertificate.leaf(nil, by: seven[0]), seven) == nil)
        let eight = intermediates(8)
        #expect(
            try verdict(TestCertificate.leaf(nil, by: eight[0]), eight)
                == .certificateRejected(
                    subject: "leaf", reason: "it comes with 9 certificates; 8 at most"))
    }

    @Test("A chain of more bytes than sixteen KiB is refused unread")
    func bytes() throws {
        let names = (0..<1000).map { "DNS:host\($0).example" }.joined(separator: ",")
        guard
            case .protocolError(let text) = try verdict(
                TestCertificate.leaf(names, by: authority))
        else {
            Issue.record("it was taken")
            return
        }
        #expect(text == "excessive message size")
    }

    @Test("An RSA key with a long public exponent is refused, one with the usual one is not")
    func exponents() throws {
        var order = TestCertificate.Order("rsa")
        order.issuer = authority
        order.key = TestCertificate.makeRSAKey()
        #expect(try verdict(TestCertificate(order)) == nil)
        order.key = TestCertificate.makeRSAKey(exponent: (1 << 40) + 15)
        #expect(
            try verdict(TestCertificate(order))
                == .certificateRejected(
                    subject: "rsa", reason: "its RSA key has a long public exponent"))
    }

    @Test(
        "Keys by their kind and size",
        arguments: [
            (8192, nil), (16384, "its RSA key has 16384 bits; 8192 at most"),
        ] as [(Int, String?)])
    func sizes(bits: Int, reason: String?) throws {
        #expect(PeerChain.keyFault(TestCertificate.makeRSAPublicKey(bits: bits)) == reason)
    }

    @Test("A key of another kind is refused")
    func kinds() throws {
        let other = TestCertificate.makeKey(kind: EVP_PKEY_X448)
        defer { EVP_PKEY_free(other) }
        #expect(PeerChain.keyFault(other)?.hasPrefix("its key is neither RSA") == true)
        let good = TestCertificate.makeKey(kind: EVP_PKEY_ED25519)
        defer { EVP_PKEY_free(good) }
        #expect(PeerChain.keyFault(good) == nil)
    }
}
