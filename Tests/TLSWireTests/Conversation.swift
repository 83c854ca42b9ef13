// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

@testable import TLSWire

/// A client and a server back to back in memory.
struct Conversation {
    let client: TLSSession
    let server: TLSSession
    /// Bytes handed over at once.
    var step = Int.max
    /// What happens to bytes on their way.
    var mutate: (inout [UInt8]) -> Void = { _ in }
    private(set) var clientFailure: TLSFailure?
    private(set) var serverFailure: TLSFailure?

    init(_ client: TLSContext, _ server: TLSContext, name: String = "a.example") throws {
        self.client = try .client(client, serverName: name)
        self.server = try .server(server)
    }

    /// Lets both speak until neither has anything to say.
    mutating func shakeHands() {
        var isBusy = true
        while isBusy {
            if clientFailure == nil { clientFailure = Self.advance(client) }
            isBusy = client.pendingOutput + server.pendingOutput > 0
            let serverProblem = pass(from: client, to: server)
            serverFailure = serverFailure ?? serverProblem ?? Self.advance(server)
            isBusy = isBusy || server.pendingOutput > 0
            let clientProblem = pass(from: server, to: client)
            clientFailure = clientFailure ?? clientProblem
        }
        // With TLS 1.3 a server's refusal comes when the client has its handshake behind it.
        if clientFailure == nil, client.isEstablished {
            do throws(TLSFailure) {
                _ = try Self.read(client)
            } catch {
                clientFailure = error
            }
        }
    }

    private static func advance(_ session: TLSSession) -> TLSFailure? {
        do throws(TLSFailure) {
            _ = try session.handshake()
            return nil
        } catch {
            return error
        }
    }

    /// Hands over what the sender has to say.
    func pass(from sender: TLSSession, to receiver: TLSSession) -> TLSFailure? {
        var bytes = Self.output(sender)
        mutate(&bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(step))
            rest = rest.dropFirst(piece.count)
            do throws(TLSFailure) {
                try receive(piece, receiver)
                if !receiver.isEstablished { _ = try receiver.handshake() }
            } catch {
                return error
            }
        }
        return nil
    }

    private func receive(_ bytes: [UInt8], _ session: TLSSession) throws(TLSFailure) {
        try bytes.withUnsafeBufferPointer { buffer throws(TLSFailure) in
            try session.receive(UnsafeRawBufferPointer(buffer))
        }
    }

    static func output(_ session: TLSSession) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: session.pendingOutput) { place, count in
            count = session.takeOutput(into: UnsafeMutableRawBufferPointer(place))
        }
    }

    /// All the plaintext there is.
    static func read(_ session: TLSSession) throws(TLSFailure) -> [UInt8] {
        let place = UnsafeMutableRawBufferPointer.allocate(byteCount: 5000, alignment: 1)
        defer { place.deallocate() }
        var all: [UInt8] = []
        while case .bytes(let count) = try session.read(into: place) {
            all += Array(place[..<count])
        }
        return all
    }

    /// What arrives of `bytes` on the other side.
    func send(_ bytes: [UInt8], from sender: TLSSession) throws -> [UInt8] {
        let receiver = sender === client ? server : client
        try bytes.withUnsafeBytes { try sender.write($0) }
        if let failure = pass(from: sender, to: receiver) { throw failure }
        return try Self.read(receiver)
    }
}
