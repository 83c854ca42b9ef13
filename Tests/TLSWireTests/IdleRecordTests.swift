// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Testing

@testable import TLSWire

@Suite("Records of TLS without data")
struct IdleRecordTests {
    private let files: TestFiles
    private let authority = TestCertificate.authority("Test CA")

    init() throws { files = try TestFiles() }

    private func talk() throws -> Conversation {
        let leaf = TestCertificate.leaf("DNS:a.example", by: authority)
        let server = TLSServerConfiguration(
            identity: TLSIdentity(
                certificatePath: try files.write("server.pem", leaf.certificatePEM),
                keyPath: try files.write("server.key", leaf.keyPEM)))
        var client = TLSClientConfiguration()
        client.trust = .anything
        var talk = try Conversation(.client(client), .server(server))
        talk.shakeHands()
        #expect(talk.client.isEstablished && talk.server.isEstablished)
        return talk
    }

    /// Changes the sender's key, and asks for the other side's change.
    private func updateKeys(_ sender: TLSSession, times: Int) {
        for _ in 0..<times {
            #expect(SSL_key_update(sender.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
            #expect(SSL_do_handshake(sender.ssl) == 1)
        }
    }

    private func verdict(_ talk: Conversation, from sender: TLSSession) -> TLSFailure? {
        let receiver = sender === talk.client ? talk.server : talk.client
        if let failure = talk.pass(from: sender, to: receiver) { return failure }
        do throws(TLSFailure) {
            _ = try Conversation.read(receiver)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "KeyUpdates without end, in one piece or in many, end the connection", arguments: [1, 65])
    func flood(atOnce: Int) throws {
        for isClient in [true, false] {
            let talk = try talk()
            let sender = isClient ? talk.client : talk.server
            var sent = 0
            var failure: TLSFailure?
            while failure == nil, sent < 1000 {
                updateKeys(sender, times: atOnce)
                sent += atOnce
                failure = verdict(talk, from: sender)
            }
            #expect(failure == .tooManyRecords)
            #expect(sent == 65)
        }
    }

    @Test("KeyUpdates between data are told, once, and the data comes through")
    func told() throws {
        let talk = try talk()
        #expect(try talk.send([1], from: talk.client) == [1])
        #expect(talk.server.takeIdleRecords() == 0)
        for round in 1...10 {
            updateKeys(talk.client, times: 20)
            #expect(verdict(talk, from: talk.client) == nil)
            #expect(talk.server.takeIdleRecords() == 0)
            #expect(try talk.send([UInt8(round)], from: talk.client) == [UInt8(round)])
            #expect(talk.server.takeIdleRecords() == 20)
            #expect(try talk.send([2], from: talk.server) == [2])
        }
        #expect(talk.server.takeIdleRecords() == 0)
    }

    @Test("Much data in many records has no record without data among them")
    func data() throws {
        let talk = try talk()
        let long = [UInt8](repeating: 7, count: 300_000)
        #expect(try talk.send(long, from: talk.client) == long)
        #expect(talk.server.takeIdleRecords() == 0)
    }
}
