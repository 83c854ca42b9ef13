// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
package import TLSWire

/// The client's end of a stream socket, plaintext or in TLS, with the bytes that the kernel has not taken yet.
///
/// It never blocks and has no clock: the owner waits for the descriptor, with `poll` or on an event loop.
///
/// ```
///   connecting --finishConnecting--> handshake (TLS only) --> open --startTLS--> handshake
/// ```
package struct StreamSocket: ~Copyable {
    /// What a read came to.
    package enum Reading: Equatable, Sendable {
        /// So many bytes are in the buffer.
        case bytes(Int)
        /// Bytes came that hold no plaintext (yet). TLS may have something to send.
        case noPlaintext
        /// The kernel has nothing now.
        case wouldBlock
        /// The peer sends no more.
        case endOfFile
    }

    private let descriptor: FileDescriptor
    private var tls: TLSSession?
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    /// The kernel has not connected the socket yet.
    package private(set) var isConnecting: Bool

    /// Starts to connect to `address`. With `tls` a handshake follows.
    package static func connect(
        to address: SocketAddress, tls: TLSSession?
    ) throws(SystemCallError) -> StreamSocket {
        let descriptor = try FileDescriptor.streamSocket(for: address)
        let isConnecting = try descriptor.connect(to: address) == .inProgress
        return StreamSocket(descriptor, tls, isConnecting: isConnecting)
    }

    private init(
        _ descriptor: consuming FileDescriptor, _ tls: TLSSession?, isConnecting: Bool
    ) {
        self.descriptor = descriptor
        self.tls = tls
        self.isConnecting = isConnecting
    }

    /// What to wait on.
    package var rawDescriptor: CInt { descriptor.rawValue }

    /// The connection uses TLS.
    package var isSecure: Bool { tls != nil }

    /// What TLS has agreed on; nil without it.
    package var agreement: TLSAgreement? { tls?.agreement }

    /// Days that the peer's certificate is still valid; nil without one.
    package var peerCertificateDays: Int? { tls?.peerCertificateDays }

    /// Plaintext can be written: the socket is connected, and the handshake is over.
    package var isOpen: Bool { !isConnecting && tls?.isEstablished != false }

    /// Some bytes wait until the kernel takes them.
    package var hasUnsent: Bool { unsentStart < unsent.count || (tls?.pendingOutput ?? 0) > 0 }

    /// The address of this end (C: `getsockname`).
    package func localAddress() throws(SystemCallError) -> SocketAddress {
        try descriptor.localAddress()
    }

    /// The kernel has said that the socket is writable. Returns why it is not connected; nil when it is.
    package mutating func finishConnecting() -> Errno? {
        isConnecting = false
        return descriptor.pendingError()
    }

    /// Begins TLS on a connection that was plaintext until now, when all bytes have been sent and the peer has agreed to it;
    /// ``readReceived(into:)`` takes the first step.
    package mutating func startTLS(_ session: TLSSession) { tls = session }

    // MARK: In

    /// Goes on with what was received before. TLS only: the handshake, then plaintext until `buffer` is full. Returns
    /// nil when the peer has to send more.
    package mutating func readReceived(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(StreamError) -> Reading? {
        guard let tls, !isConnecting else { return nil }
        do throws(TLSFailure) {
            guard try tls.handshake() else { return nil }
            return switch try tls.fill(buffer) {
            case .bytes(let count): .bytes(count)
            case .closed: .endOfFile
            case .needsInput: nil
            }
        } catch {
            throw .tls(error)
        }
    }

    /// Receives once, by way of `buffer`.
    package mutating func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(StreamError) -> Reading {
        let transfer: FileDescriptor.Transfer
        do throws(SystemCallError) {
            transfer = try descriptor.receive(into: buffer)
        } catch {
            throw .system(error)
        }
        switch transfer {
        case .endOfFile: return .endOfFile
        case .wouldBlock: return .wouldBlock
        case .bytes(let count):
            guard let tls else { return .bytes(count) }
            do throws(TLSFailure) {
                // TLS copies the bytes: the buffer is free for the plaintext.
                try tls.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                throw .tls(error)
            }
            return try readReceived(into: buffer) ?? .noPlaintext
        }
    }

    // MARK: Out

    /// Takes plaintext for the peer, once the socket ``isOpen``. ``flush()`` sends it.
    package mutating func write(_ bytes: [UInt8]) throws(StreamError) {
        guard let tls else {
            if hasUnsent { unsent += bytes } else { (unsent, unsentStart) = (bytes, 0) }
            return
        }
        do throws(TLSFailure) {
            try bytes.withUnsafeBufferPointer { plaintext throws(TLSFailure) in
                try tls.write(UnsafeRawBufferPointer(plaintext))
            }
        } catch {
            throw .tls(error)
        }
    }

    /// Sends as much as the kernel takes; true when nothing is left. After a failure nothing is left either.
    package mutating func flush() throws(SystemCallError) -> Bool {
        takeSealed()
        while unsentStart < unsent.count {
            do throws(SystemCallError) {
                let transfer = try unsent.withUnsafeBufferPointer { bytes throws(SystemCallError) in
                    try descriptor.send(
                        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[unsentStart...]))
                    )
                }
                guard case .bytes(let count) = transfer else { return false }
                unsentStart += count
            } catch {
                forgetUnsent()
                throw error
            }
        }
        forgetUnsent()
        return true
    }

    /// Says that no more will be sent. An end of TLS that the kernel does not take now is left out.
    package mutating func close() {
        if let tls, isOpen, !hasUnsent {
            tls.close()
            _ = try? flush()
        }
        forgetUnsent()
        descriptor.shutdownSending()
    }

    private mutating func forgetUnsent() {
        unsent = []
        unsentStart = 0
    }

    private mutating func takeSealed() {
        guard let tls else { return }
        let count = tls.pendingOutput
        if count == 0 { return }
        unsent += [UInt8](unsafeUninitializedCapacity: count) { place, taken in
            taken = tls.takeOutput(into: UnsafeMutableRawBufferPointer(place))
        }
    }
}
