// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO
import TLSWire

/// A connection to the upstream: a socket on a loop, with TLS if the URL says so. Belongs to the loop.
final class UpstreamConnection: EventHandler {
    /// What happens to it.
    enum Event {
        /// It can be used.
        case opened
        /// Bytes of the upstream, valid during the call.
        case received(UnsafeRawBufferPointer)
        /// It cannot be used any more; comes once, instead of ``opened`` or after it.
        case ended(UpstreamFailure)
    }

    private enum Phase { case connecting, handshaking, open }

    /// Called with the events, until the connection is closed.
    var onEvent: ((Event) -> Void)?
    private let descriptor: FileDescriptor
    private let tls: TLSSession?
    private let loop: EventLoop
    private let buffer: UpstreamBuffer
    private var registration: EventLoop.Registration?
    private var phase = Phase.connecting
    private var unsent: [UInt8] = []
    private var unsentStart = 0
    private var isWaitingToSend = true

    /// Starts to connect.
    static func open(
        _ address: SocketAddress, tls: TLSSession?, on loop: EventLoop, _ buffer: UpstreamBuffer
    ) throws(UpstreamFailure) -> UpstreamConnection {
        do throws(SystemCallError) {
            let descriptor = try FileDescriptor.streamSocket(for: address)
            // Also when it is connected at once: the socket is then writable in the next tick.
            _ = try descriptor.connect(to: address)
            let connection = UpstreamConnection(descriptor, tls, loop, buffer)
            connection.registration = try loop.register(
                connection.descriptor.rawValue, .writable, connection)
            return connection
        } catch {
            throw .unreachable(reason: error.text)
        }
    }

    private init(
        _ descriptor: consuming FileDescriptor, _ tls: TLSSession?, _ loop: EventLoop,
        _ buffer: UpstreamBuffer
    ) {
        self.descriptor = descriptor
        self.tls = tls
        self.loop = loop
        self.buffer = buffer
    }

    /// The generation of the parameters with which it was opened.
    var generation = 0

    /// Whether no bytes wait to be sent.
    private var isAllSent: Bool { unsent.isEmpty }
    private var hasLostBytes = false

    /// Whether all bytes were sent, so that another request may follow.
    var canBeKept: Bool { isAllSent && !hasLostBytes }

    /// Sends bytes, now or when the kernel takes them.
    func send(_ bytes: [UInt8]) {
        guard registration != nil else { return }
        guard let tls else {
            unsent.append(contentsOf: bytes)
            return flush()
        }
        do throws(TLSFailure) {
            try bytes.withUnsafeBufferPointer { raw throws(TLSFailure) in
                try tls.write(UnsafeRawBufferPointer(raw))
            }
            flush()
        } catch {
            end(.unreachable(reason: "TLS: \(error.text)"))
        }
    }

    /// Closes it now, without an event.
    func close() {
        guard let registration else { return }
        self.registration = nil
        onEvent = nil
        loop.deregister(registration)
        if let tls, phase == .open, isAllSent {
            tls.close()
            takeSealed()
            sendNow()
        }
        unsent = []
        descriptor.shutdownSending()
    }

    func ready(_ readiness: Readiness) {
        if phase == .connecting { return connected() }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .broken) { receive() }
    }

    private func end(_ failure: UpstreamFailure) {
        guard registration != nil else { return }
        let onEvent = onEvent
        close()
        onEvent?(.ended(failure))
    }

    // MARK: Opening

    private func connected() {
        if let errno = descriptor.pendingError() {
            return end(.unreachable(reason: "connect: \(errno.text)"))
        }
        phase = tls == nil ? .open : .handshaking
        flush()
        if tls == nil { onEvent?(.opened) } else { shakeHands() }
    }

    private func shakeHands() {
        guard let tls, phase == .handshaking else { return }
        do throws(TLSFailure) {
            let isOver = try tls.handshake()
            flush()
            if isOver, registration != nil {
                phase = .open
                onEvent?(.opened)
            }
        } catch {
            flush()  // the alert with the reason
            end(.unreachable(reason: "TLS: \(error.text)"))
        }
    }

    // MARK: In

    /// Receives once; whether bytes came.
    @discardableResult
    private func receive() -> Bool {
        guard registration != nil else { return false }
        do throws(SystemCallError) {
            switch try descriptor.receive(into: buffer.bytes) {
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])
                if tls == nil { onEvent?(.received(bytes)) } else { decrypt(bytes) }
                return true
            case .endOfFile: lost()
            case .wouldBlock: break
            }
        } catch {
            lost()
        }
        return false
    }

    private func lost() {
        end(
            phase == .open
                ? .cutOff
                : .unreachable(reason: "TLS: it closed the connection during the handshake"))
    }

    private func decrypt(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else { return }
        do throws(TLSFailure) {
            try tls.receive(bytes)
            shakeHands()
            while registration != nil, phase == .open {
                switch try tls.read(into: buffer.bytes) {
                case .bytes(let count):
                    onEvent?(.received(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count])))
                case .needsInput: return flush()
                case .closed: return lost()
                }
            }
        } catch {
            end(.unreachable(reason: "TLS: \(error.text)"))
        }
    }

    // MARK: Out

    private func takeSealed() {
        guard let tls else { return }
        let count = tls.pendingOutput
        if count == 0 { return }
        unsent += [UInt8](unsafeUninitializedCapacity: count) { place, taken in
            taken = tls.takeOutput(into: UnsafeMutableRawBufferPointer(place))
        }
    }

    private func flush() {
        takeSealed()
        sendNow()
        guard let registration, isWaitingToSend == isAllSent else { return }
        isWaitingToSend = !isAllSent
        // Fails only for a descriptor that is not registered.
        try? loop.modify(registration, isAllSent ? .readable : [.readable, .writable])
    }

    private func sendNow() {
        do throws(SystemCallError) {
            while unsentStart < unsent.count {
                let transfer = try unsent.withUnsafeBufferPointer { bytes throws(SystemCallError) in
                    let rest = UnsafeBufferPointer(rebasing: bytes[unsentStart...])
                    return try descriptor.send(UnsafeRawBufferPointer(rest))
                }
                guard case .bytes(let count) = transfer else { return }
                unsentStart += count
            }
        } catch {
            sendingFailed(error)
        }
        unsent = []
        unsentStart = 0
    }

    /// The kernel need not report the failure again, so nothing may wait for that. The upstream may have sent a reason before it
    /// closed the connection: that is read first.
    private func sendingFailed(_ error: SystemCallError) {
        hasLostBytes = true
        loop.atEndOfTick { [weak self] in
            guard let self else { return }
            var reads = 0
            while reads < Self.lastReads, receive() { reads += 1 }
            end(.unreachable(reason: error.text))
        }
    }

    /// Reads of the reason at most: 1 MiB.
    private static let lastReads = 64
}

/// Where the connections of a loop receive.
final class UpstreamBuffer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 64)

    deinit { bytes.deallocate() }
}
