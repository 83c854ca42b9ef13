// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Synchronization
import TestSupport
import Testing

@testable import TLSWire

@Suite("Session tickets")
struct SessionTicketTests {
    private final class Clock: Sendable {
        private let wall = Atomic(Int(time(nil)))
        private let elapsed = Atomic(50)

        func advance(by seconds: Int) {
            wall.add(seconds, ordering: .relaxed)
            elapsed.add(seconds, ordering: .relaxed)
        }

        /// Somebody sets the machine's clock.
        func setWall(by seconds: Int) { wall.add(seconds, ordering: .relaxed) }

        var clocks: TicketClocks {
            var clocks = TicketClocks()
            clocks.wall = { self.wall.load(ordering: .relaxed) }
            clocks.elapsed = { self.elapsed.load(ordering: .relaxed) }
            return clocks
        }
    }

    private let files: TestFiles
    private let authority = TestCertificate.authority("Test CA")
    private let clock = Clock()
    private static let lifetime = 1000

    init() throws { files = try TestFiles() }

    private func server(
        lifetime: Int = Self.lifetime, leafValidFor: Int = 100_000
    ) throws -> TLSContext {
        var configuration = TLSServerConfiguration(
            identity: try identity("server", validFor: leafValidFor))
        configuration.clientCA = try files.write("ca.pem", authority.certificatePEM)
        configuration.clientAuthentication = .request
        configuration.ticketLifetime = .seconds(lifetime)
        return try .server(configuration, clocks: clock.clocks)
    }

    /// A client of this version alone, with a certificate that is good for so many seconds.
    private func client(_ version: CInt, certificateFor seconds: Int? = nil) throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        configuration.trust = .file(path: try files.write("roots.pem", authority.certificatePEM))
        if let seconds { configuration.identity = try identity("client", validFor: seconds) }
        let context = try TLSContext.client(configuration)
        SSL_CTX_ctrl(context.raw, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(version), nil)
        SSL_CTX_ctrl(context.raw, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(version), nil)
        // Ours does not ask for tickets.
        SSL_CTX_clear_options(context.raw, 1 << 14)
        return context
    }

    private func identity(_ name: String, validFor seconds: Int) throws -> TLSIdentity {
        var order = TestCertificate.Order(name)
        order.alternatives = "DNS:a.example"
        order.validUntil = seconds
        order.issuer = authority
        let made = TestCertificate(order)
        return TLSIdentity(
            certificatePath: try files.write("\(name).pem", made.certificatePEM),
            keyPath: try files.write("\(name).key", made.keyPEM))
    }

    /// One connection: whether it was resumed, and what the client keeps of it.
    private func visit(
        _ client: TLSContext, _ server: TLSContext, with session: OpaquePointer? = nil,
        isOffered: Bool = true
    ) throws -> (isResumed: Bool, session: OpaquePointer?) {
        var talk = try Conversation(client, server)
        if let session { SSL_set_session(talk.client.ssl, session) }
        talk.shakeHands()
        try #require(talk.clientFailure == nil && talk.serverFailure == nil)
        if isOffered { talk.server.offerTicket() }
        #expect(try talk.send([1, 2, 3], from: talk.server) == [1, 2, 3])
        #expect(try talk.send([4], from: talk.client) == [4])
        #expect(talk.server.isResumed == (SSL_session_reused(talk.client.ssl) == 1))
        // A session whose connection is cut off is not resumed.
        talk.client.close()
        let kept = SSL_get1_session(talk.client.ssl)
        return (talk.server.isResumed, SSL_SESSION_has_ticket(kept) == 1 ? kept : nil)
    }

    private static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    @Test(
        "A client resumes within the lifetime, over a change of keys, and not later",
        arguments: versions)
    func lifetime(_ version: CInt) throws {
        let (client, server) = (try client(version), try server())
        clock.advance(by: Self.lifetime - 10)
        let first = try visit(client, server)
        #expect(!first.isResumed)
        clock.advance(by: Self.lifetime - 1)
        #expect(try visit(client, server, with: first.session).isResumed)
        clock.advance(by: 1)
        #expect(try !visit(client, server, with: first.session).isResumed)
    }

    @Test("A wall clock that is put back prolongs no ticket, and no key", arguments: versions)
    func wallClock(_ version: CInt) throws {
        let (client, server) = (try client(version), try server())
        let early = try visit(client, server).session
        clock.setWall(by: -50_000)
        let late = try visit(client, server).session
        clock.advance(by: Self.lifetime - 1)
        #expect(try visit(client, server, with: early).isResumed)
        clock.advance(by: 1)
        for session in [early, late] {
            #expect(try !visit(client, server, with: session).isResumed)
        }
        // The key of an interval before has sealed them: by now it opens nothing.
        clock.advance(by: Self.lifetime)
        #expect(try !visit(client, server, with: late).isResumed)
    }

    @Test("What is resumed gets no longer life by that", arguments: versions)
    func noProlonging(_ version: CInt) throws {
        let (client, server) = (try client(version), try server())
        var session = try visit(client, server).session
        for _ in 0..<3 {
            clock.advance(by: Self.lifetime / 4)
            let next = try visit(client, server, with: session)
            #expect(next.isResumed)
            session = next.session
        }
        clock.advance(by: Self.lifetime / 4)
        #expect(try !visit(client, server, with: session).isResumed)
    }

    @Test("A session ends with the certificate of the client", arguments: versions)
    func clientCertificate(_ version: CInt) throws {
        let (client, server) = (try client(version, certificateFor: 500), try server())
        let session = try visit(client, server).session
        clock.advance(by: 490)
        #expect(try visit(client, server, with: session).isResumed)
        clock.advance(by: 20)
        #expect(try !visit(client, server, with: session).isResumed)
    }

    @Test("A session ends with the certificate of the server", arguments: versions)
    func serverCertificate(_ version: CInt) throws {
        let (client, server) = (try client(version), try server(leafValidFor: 500))
        let session = try visit(client, server).session
        clock.advance(by: 490)
        #expect(try visit(client, server, with: session).isResumed)
        clock.advance(by: 20)
        #expect(try !visit(client, server, with: session).isResumed)
    }

    @Test("What was read again makes earlier tickets worthless", arguments: versions)
    func reloaded(_ version: CInt) throws {
        let client = try client(version, certificateFor: 50_000)
        let session = try visit(client, try server()).session
        #expect(session != nil)
        #expect(try !visit(client, try server(), with: session).isResumed)
    }

    @Test("Without a lifetime there is no ticket, and with TLS 1.3 none before it is offered")
    func noTickets() throws {
        for version in Self.versions {
            #expect(try visit(client(version), server(lifetime: 0)).session == nil)
        }
        let visit = try visit(client(TLS1_3_VERSION), server(), isOffered: false)
        #expect(visit.session == nil)
    }

    @Test("A key seals for an interval and opens for another; after a long pause none is left")
    func keys() {
        var keys = TicketKeys(interval: 100, at: 0)
        /// The names of all keys so far; which of them still open at this time.
        var names: [[UInt8]] = []
        func opening(at now: Int, _ keys: inout TicketKeys) -> [Int] {
            keys.rotate(at: now)
            let current = keys.current.map { Array($0.name) } ?? []
            if names.last != current { names.append(current) }
            var opening: [Int] = []
            for (index, name) in names.enumerated() {
                if name.withUnsafeBytes({ keys.named($0) != nil }) { opening.append(index) }
            }
            return opening
        }
        #expect(opening(at: 0, &keys) == [0])
        #expect(opening(at: 99, &keys) == [0])
        #expect(opening(at: 100, &keys) == [0, 1])
        #expect(opening(at: 199, &keys) == [0, 1])
        #expect(opening(at: 200, &keys) == [1, 2])
        #expect(opening(at: 400, &keys) == [3])
        #expect(names.allSatisfy { $0.count == 16 } && Set(names).count == 4)
    }

    @Test("Identities are counted in whatever a client sends")
    func identities() {
        func hasFew(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBufferPointer { TLSContextParts.hasFewTickets($0) }
        }
        let one: [UInt8] = [0, 1, 7, 0, 0, 0, 0]
        func list(_ count: Int) -> [UInt8] {
            let all = (0..<count).flatMap { _ in one }
            return [0, UInt8(all.count)] + all + [0, 3, 2, 1, 1]
        }
        #expect([0, 1, 4].allSatisfy { hasFew(list($0)) })
        #expect(!hasFew(list(5)) && !hasFew(list(30)))
        // Lengths that point behind the end.
        #expect(
            hasFew([]) && hasFew([0]) && hasFew([255, 255]) && hasFew([255, 255, 255, 255, 1]))
        #expect(hasFew([0, 1, 0]))
        #expect(!hasFew([255, 255] + [UInt8](repeating: 0, count: 500)))
    }
}
