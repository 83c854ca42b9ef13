// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP2Wire
import Logging
import SystemIO
import TLSWire

/// What all connections of one loop share: the buffers (an idle connection owns none), the methods, the limits.
///
/// Belongs to its loop.
public final class LoopContext {
    /// The loop.
    public let loop: EventLoop
    let configuration: ServerConfiguration
    let logger: Logger
    let batch = HTTP2EventBatch()
    let memory = HTTP2Memory()
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
    let output = OutputBuffer(capacity: 128 << 10)
    private(set) var methods = MethodTable()
    /// For connections that come from now on.
    var tls: TLSContext?
    /// Made for the first connection with TLS.
    private(set) lazy var tlsBuffers = TLSBuffers()

    private var listener: Listener?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var onEmpty: (() -> Void)?

    init(
        loop: EventLoop, configuration: ServerConfiguration, services: [any GRPCService],
        logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.logger = logger
        self.tls = configuration.tls
        for service in services { service.register(in: &methods, on: self) }
    }

    deinit { input.deallocate() }

    func listen(_ descriptor: consuming FileDescriptor) {
        do throws(SystemCallError) {
            listener = try Listener(descriptor, on: loop) { [unowned self] descriptor in
                accept(descriptor)
            }
        } catch {
            logger.critical("cannot accept connections", metadata: ["error": "\(error.text)"])
        }
    }

    private func accept(_ descriptor: consuming FileDescriptor) {
        descriptor.setNoDelay()
        do {
            let connection = try ServerConnection.start(descriptor, self)
            connections[ObjectIdentifier(connection)] = connection
        } catch {
            logger.warning("connection refused", metadata: ["error": "\(error)"])
        }
    }

    func forget(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        checkEmpty()
    }

    /// Accepts no more, asks every client to leave, and calls `completion` when the last one has.
    func stopGracefully(completion: @escaping () -> Void) {
        listener?.close()
        listener = nil
        let earlier = onEmpty
        onEmpty = {
            earlier?()
            completion()
        }
        for connection in connections.values { connection.startShutdown() }
        checkEmpty()
    }

    /// Closes every connection now.
    func stopAtOnce() {
        listener?.close()
        listener = nil
        for connection in connections.values { connection.close() }
    }

    private func checkEmpty() {
        guard connections.isEmpty, let completion = onEmpty else { return }
        onEmpty = nil
        completion()
    }
}
