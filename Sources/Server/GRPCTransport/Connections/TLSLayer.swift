// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TLSWire

/// What the TLS connections of a loop share: room for what was decrypted, and for what is to be sent.
final class TLSBuffers {
    /// Holds what one read decrypts to, with a record of which a part had come before.
    let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: 48 << 10, alignment: 64)
    /// Holds the frames of one send, and what TLS adds to them.
    let sealed = UnsafeMutableRawBufferPointer.allocate(byteCount: 160 << 10, alignment: 64)

    deinit {
        plaintext.deallocate()
        sealed.deallocate()
    }
}

/// TLS between a socket and an HTTP/2 session.
///
/// A connection keeps what TLS keeps: some 10 KiB, and while it is busy up to a record and a half each way.
final class TLSLayer {
    private let context: TLSContext
    /// Made for the first byte: a client that says nothing costs none.
    private var session: TLSSession?
    private let buffers: TLSBuffers
    private let acceptsHTTP1: Bool
    private var sealedCount = 0
    /// The client has said that it sends no more.
    private(set) var isPeerDone = false

    /// How much is encrypted at once: with more, TLS would keep larger buffers.
    private static let chunk = 16 << 10

    init(_ context: TLSContext, _ buffers: TLSBuffers, acceptsHTTP1: Bool) {
        self.context = context
        self.acceptsHTTP1 = acceptsHTTP1
        self.buffers = buffers
    }

    private func start() throws(TLSFailure) -> TLSSession {
        if let session { return session }
        let session = try TLSSession.server(context, acceptsHTTP1: acceptsHTTP1)
        self.session = session
        return session
    }

    /// Both sides have agreed to HTTP/2.
    var isHTTP2Agreed: Bool { session?.isHTTP2Agreed ?? false }

    /// The client showed a ticket, and its handshake was a short one.
    var isResumed: Bool { session?.isResumed ?? false }

    /// Has the next bytes that are sealed bring the client a ticket, if it has a use for one.
    func offerTicket() { session?.offerTicket() }

    /// Takes bytes of the handshake.
    func receiveHandshake(_ input: UnsafeRawBufferPointer) throws(TLSFailure) {
        try start().receive(input)
    }

    /// Gives the session away for a step of the handshake: until it comes back, there is none here.
    func lend() -> TLSSession? {
        defer { session = nil }
        return session
    }

    /// Has the session back.
    func takeBack(_ session: TLSSession) { self.session = session }

    /// Returns the plaintext that `input`, one read's bytes, comes to, after the handshake: valid until the next call
    /// for any connection of the loop.
    func receive(
        _ input: UnsafeRawBufferPointer
    ) throws(TLSFailure) -> UnsafeRawBufferPointer {
        let session = try start()
        try session.receive(input)
        let place = buffers.plaintext
        var filled = 0
        reading: while filled < place.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: place[filled...])
            switch try session.read(into: rest) {
            case .bytes(let count):
                filled += count
                if !session.hasInput { break reading }
            case .needsInput: break reading
            case .closed:
                isPeerDone = true
                break reading
            }
        }
        return UnsafeRawBufferPointer(rebasing: place[..<filled])
    }

    /// The cipher and the certificates; nil before the handshake is over.
    var security: TLSSecurity? { session?.security }

    /// Records without data that came before the latest data, since the latest call.
    func takeIdleRecords() -> Int { session?.takeIdleRecords() ?? 0 }

    /// Encrypts plaintext; ``takeSealed()`` returns it.
    func seal(_ plaintext: UnsafeRawBufferPointer) throws(TLSFailure) {
        if plaintext.isEmpty { return }
        let session = try start()
        var rest = plaintext
        while rest.count > 0 {
            let count = min(rest.count, Self.chunk)
            try session.write(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            drain()
        }
    }

    /// Encrypts a frame that has to wait until the socket takes more: it stays with this connection.
    func hold(_ frame: UnsafeRawBufferPointer) throws(TLSFailure) { try start().write(frame) }

    /// Bytes for the socket, empty when there are none; valid until the next call for any connection of the loop.
    func takeSealed() -> UnsafeRawBufferPointer {
        drain()
        defer { sealedCount = 0 }
        return UnsafeRawBufferPointer(rebasing: buffers.sealed[..<sealedCount])
    }

    /// Ends TLS with an alert.
    func close() { session?.close() }

    /// Frees what TLS holds; nothing more is received or sent.
    func forget() { session = nil }

    /// More than one ``takeSealed()`` may be needed for what fills this.
    var sealedRoom: Int { buffers.sealed.count }

    private func drain() {
        guard let session, session.pendingOutput > 0 else { return }
        while sealedCount < buffers.sealed.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffers.sealed[sealedCount...])
            let count = session.takeOutput(into: rest)
            sealedCount += count
            // That was all. To ask how much is left, here and by another take, was a fiftieth of a Check.
            if count < rest.count { return }
        }
    }
}
