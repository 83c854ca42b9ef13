// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TLSWire

@Suite("TLS, client and server back to back")
struct TLSSessionTests {
    private let files: TestFiles
    private let authority = TestCertificate.authority("Test CA")

    init() throws { files = try TestFiles() }

    private func server(
        _ leaf: TestCertificate, chain: [TestCertificate] = [], clientCA: TestCertificate? = nil,
        _ authentication: TLSServerConfiguration.ClientAuthentication = .none
    ) throws -> TLSContext {
        let pem = ([leaf] + chain).map(\.certificatePEM).joined()
        var configuration = TLSServerConfiguration(
            identity: TLSIdentity(
                certificatePath: try files.write("server.pem", pem),
                keyPath: try files.write("server.key", leaf.keyPEM)))
        if let clientCA {
            configuration.clientCA = try files.write("client-ca.pem", clientCA.certificatePEM)
        }
        configuration.clientAuthentication = authentication
        return try .server(configuration)
    }

    private func client(
        trusting roots: [TestCertificate]?, _ own: TestCertificate? = nil
    ) throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        configuration.trust = .anything
        if let roots {
            let pem = roots.map(\.certificatePEM).joined()
            configuration.trust = .file(path: try files.write("roots.pem", pem))
        }
        if let own {
            configuration.identity = TLSIdentity(
                certificatePath: try files.write("client.pem", own.certificatePEM),
                keyPath: try files.write("client.key", own.keyPEM))
        }
        return try .client(configuration)
    }

    /// The client's verdict on a server with this certificate.
    private func verdict(
        _ leaf: TestCertificate, chain: [TestCertificate] = [],
        trusting roots: [TestCertificate]?, name: String = "a.example"
    ) throws -> TLSFailure? {
        var talk = try Conversation(
            client(trusting: roots), server(leaf, chain: chain), name: name)
        talk.shakeHands()
        #expect(talk.client.isEstablished == (talk.clientFailure == nil))
        return talk.clientFailure
    }

    @Test("Bytes come through both ways, whole and byte by byte", arguments: [Int.max, 1, 7])
    func bytes(step: Int) throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        var talk = try Conversation(client(trusting: [authority]), server(leaf))
        talk.step = step
        talk.shakeHands()
        #expect(talk.client.isEstablished && talk.server.isEstablished)
        let long = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(try talk.send(long, from: talk.client) == long)
        #expect(try talk.send(Array("hello".utf8), from: talk.server) == Array("hello".utf8))
        talk.server.close()
        #expect(try talk.send([], from: talk.server).isEmpty)
        let place = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { place.deallocate() }
        #expect(try talk.client.read(into: place) == .closed)
    }

    @Test("Names and addresses are those of the SAN")
    func names() throws {
        let names = "DNS:a.example,DNS:*.b.example,IP:127.0.0.1,IP:::1"
        let leaf = TestCertificate.leaf(names, by: authority)
        for good in [
            "a.example", "A.Example", "a.example.", "x.b.example", "127.0.0.1", "::1", "[::1]",
            "[::1%25lo]",
        ] {
            #expect(try verdict(leaf, trusting: [authority], name: good) == nil, "\(good)")
        }
        let all = ["a.example", "*.b.example", "127.0.0.1", "::1"]
        for bad in ["b.example", "x.y.b.example", "127.0.0.2", "::2", "leaf", "example"] {
            #expect(
                try verdict(leaf, trusting: [authority], name: bad)
                    == .nameMismatch(wanted: bad, names: all))
        }
        let bare = TestCertificate.leaf(nil, by: authority)
        #expect(
            try verdict(bare, trusting: [authority], name: "leaf")
                == .nameMismatch(wanted: "leaf", names: []))
    }

    @Test("A name that would match more than itself, or nothing, is not verified against")
    func unusableNames() throws {
        let context = try client(trusting: [authority])
        let long = String(repeating: "a", count: 300)
        for name in ["", ".", ".example", "[]", "a.example\0.b", long] {
            #expect(throws: TLSFailure.protocolError(text: "the server name cannot be used")) {
                try TLSSession.client(context, serverName: name)
            }
        }
    }

    @Test("A certificate's names reach no terminal raw, and are bounded")
    func hostileNames() throws {
        let many = (0..<50).map { "DNS:host\($0).example" }.joined(separator: ",")
        let leaf = TestCertificate.leaf("DNS:\u{1b}[31mred," + many, by: authority)
        guard
            case .nameMismatch(_, let names) = try verdict(leaf, trusting: [authority], name: "x")
        else { throw TLSFailure.closed }
        #expect(names.count == 9)
        #expect(names[0] == "\\x1b[31mred")
        #expect(names.last == "43 more")
    }

    @Test("Unknown, self-signed, expired, not yet valid")
    func verdicts() throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let stranger = TestCertificate.authority("Stranger")
        #expect(
            try verdict(leaf, trusting: [stranger]) == .unknownAuthority(issuer: "Test CA"))
        // The same name, another key.
        let impostor = TestCertificate.authority("Test CA")
        #expect(try verdict(leaf, trusting: [impostor]) != nil)
        let own = TestCertificate.leaf("DNS:a.example", by: nil)
        #expect(try verdict(own, trusting: [stranger]) == .selfSigned(subject: "leaf"))
        #expect(try verdict(own, trusting: [own]) == nil)
        #expect(try verdict(own, trusting: nil) == nil)
        let old = TestCertificate.leaf("DNS:a.example", by: authority, from: -7200, until: -60)
        guard case .expired("leaf", let date) = try verdict(old, trusting: [authority]) else {
            throw TLSFailure.closed
        }
        #expect(date.hasSuffix(" UTC") && date.hasPrefix("20"))
        let young = TestCertificate.leaf("DNS:a.example", by: authority, from: 600, until: 3600)
        guard case .notYetValid("leaf", _) = try verdict(young, trusting: [authority]) else {
            throw TLSFailure.closed
        }
    }

    @Test("An intermediate is enough to trust, and a cross-signed one leads to either root")
    func chains() throws {
        let other = TestCertificate.authority("Other CA")
        var order = TestCertificate.Order("Intermediate")
        order.isAuthority = true
        order.issuer = authority
        let intermediate = TestCertificate(order)
        order.issuer = other
        order.key = intermediate.key
        let cross = TestCertificate(order)
        let leaf = TestCertificate.leaf("DNS:a.example", by: intermediate)
        for chain in [[intermediate], [cross], [intermediate, cross], [cross, intermediate]] {
            // Of two that fit OpenSSL follows the first.
            let root = chain[0] === cross ? other : authority
            #expect(try verdict(leaf, chain: chain, trusting: [root]) == nil)
        }
        #expect(try verdict(leaf, chain: [intermediate], trusting: [other]) != nil)
        #expect(try verdict(leaf, trusting: [intermediate]) == nil)
        #expect(
            try verdict(leaf, trusting: [authority]) == .unknownAuthority(issuer: "Intermediate"))
    }

    @Test("A server asks for certificates as it was told")
    func clientAuthentication() throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let stranger = TestCertificate.authority("Stranger")
        let good = TestCertificate.leaf(nil, by: authority)
        let bad = TestCertificate.leaf(nil, by: stranger)
        func talk(
            _ own: TestCertificate?, _ mode: TLSServerConfiguration.ClientAuthentication
        ) throws -> Conversation {
            var talk = try Conversation(
                client(trusting: [authority], own), server(leaf, clientCA: authority, mode))
            talk.shakeHands()
            return talk
        }
        #expect(try talk(good, .require).serverFailure == nil)
        #expect(try talk(good, .request).serverFailure == nil)
        #expect(try talk(nil, .request).serverFailure == nil)
        #expect(try talk(bad, .none).serverFailure == nil)
        let missing = try talk(nil, .require)
        #expect(missing.serverFailure == .certificateMissing)
        #expect(missing.clientFailure == .alert(.certificateRequired))
        for mode in [TLSServerConfiguration.ClientAuthentication.require, .request] {
            let refused = try talk(bad, mode)
            #expect(refused.serverFailure == .unknownAuthority(issuer: "Stranger"))
            #expect(refused.clientFailure == .alert(.unknownCA))
        }
    }

    @Test("A client that asks for HTTP/1.1 asks for it by ALPN: a server of HTTP/2 refuses it")
    func otherProtocol() throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        var configuration = TLSClientConfiguration()
        configuration.trust = .anything
        configuration.applicationProtocol = .http1
        var talk = try Conversation(.client(configuration), server(leaf))
        talk.shakeHands()
        #expect(talk.clientFailure == .alert(.noApplicationProtocol))
        #expect(talk.serverFailure == .noHTTP2)
    }

    @Test("What is no TLS is told from what is, and answered with an alert")
    func plaintext() throws {
        let text = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        let client = try TLSSession.client(client(trusting: nil), serverName: "a")
        #expect(throws: TLSFailure.notTLS) {
            try text.withUnsafeBytes { try client.receive($0) }
        }
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let server = try TLSSession.server(server(leaf))
        #expect(throws: TLSFailure.notTLS) {
            try Array("PRI * HTTP/2.0".utf8).withUnsafeBytes { try server.receive($0) }
        }
        #expect(Conversation.output(server) == [0x15, 3, 1, 0, 2, 2, 70])
    }

    @Test("Mutated bytes never trap on either side")
    func mutations() throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let (client, server) = (try client(trusting: [authority]), try server(leaf))
        var random = SplitMix64(seed: 3)
        for _ in 0..<400 {
            var talk = try Conversation(client, server)
            talk.mutate = { bytes in
                guard Int.random(in: 0..<2, using: &random) == 0, !bytes.isEmpty else { return }
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.removeLast(min(bytes.count - 1, place))
                    default: bytes.insert(contentsOf: bytes.prefix(place), at: place)
                    }
                }
            }
            talk.shakeHands()
        }
    }

    @Test("Both sides know what was agreed and the certificates, once they have shaken hands")
    func security() throws {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let own = TestCertificate.leaf("DNS:client.example", by: authority)
        var talk = try Conversation(
            client(trusting: [authority], own),
            server(leaf, clientCA: authority, .require))
        #expect(talk.server.security == nil)
        talk.shakeHands()
        let (server, client) = (
            try #require(talk.server.security), try #require(talk.client.security)
        )
        #expect(server.agreement == client.agreement)
        #expect(server.agreement.cipher.hasPrefix("TLS_"))
        #expect(!server.ownCertificate.isEmpty && !server.peerCertificate.isEmpty)
        #expect(server.ownCertificate == client.peerCertificate)
        #expect(server.peerCertificate == client.ownCertificate)
        #expect(server.ownCertificate != server.peerCertificate)
    }
}
