// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Synchronization
package import SystemIO

/// Answers questions for health at a socket: a line of JSON each, without authentication. From any thread.
package struct JSONHealthServer: Sendable {
    /// Clients at once. One more takes the place of the one that has been silent for the longest time.
    package static let maxClients = 64

    private let clients: LoopBound<JSONHealthClients>
    private let count: JSONHealthClients.Count

    /// Listens at `address`, and answers on `loop`, where `makeReport` is called once: what it returns is called for each
    /// question. `takeHeartbeat` takes reports, where there are heartbeats. Throws when it cannot listen there.
    package static func start(
        at address: SocketAddress, on loop: EventLoop, takeHeartbeat: JSONHeartbeat.Take? = nil,
        makeReport: @escaping @Sendable () -> () -> any JSONHealthDocument
    ) throws(SystemCallError) -> JSONHealthServer {
        start(
            with: try .listener(at: address), on: loop, takeHeartbeat: takeHeartbeat,
            makeReport: makeReport)
    }

    /// The same with a listener that was made before.
    package static func start(
        with listener: consuming FileDescriptor, on loop: EventLoop,
        takeHeartbeat: JSONHeartbeat.Take? = nil,
        makeReport: @escaping @Sendable () -> () -> any JSONHealthDocument
    ) -> JSONHealthServer {
        let raw = listener.release()
        let count = JSONHealthClients.Count()
        let clients = LoopBound(JSONHealthClients(count, on: loop, takeHeartbeat), on: loop)
        loop.post { clients.value.listen(FileDescriptor(owning: raw), report: makeReport()) }
        return JSONHealthServer(clients: clients, count: count)
    }

    /// Clients that are connected.
    package var clientCount: Int { count.value }

    /// Lets the clients go. `completion` is called on the loop.
    package func stop(_ completion: @escaping @Sendable () -> Void) {
        clients.loop.post { [clients] in
            clients.value.stop()
            completion()
        }
    }
}

/// The clients of a JSON socket. Belongs to its loop.
final class JSONHealthClients {
    /// How many there are, for other threads.
    final class Count: Sendable {
        private let number = Atomic<Int>(0)

        var value: Int { number.load(ordering: .relaxed) }

        func set(_ value: Int) { number.store(value, ordering: .relaxed) }
    }

    private let loop: EventLoop
    private let count: Count
    private let takeHeartbeat: JSONHeartbeat.Take?
    private var listener: Listener?
    private var activities: UInt64 = 0
    private var connections: [ObjectIdentifier: JSONHealthConnection] = [:] {
        didSet { count.set(connections.count) }
    }

    init(_ count: Count, on loop: EventLoop, _ takeHeartbeat: JSONHeartbeat.Take?) {
        self.count = count
        self.takeHeartbeat = takeHeartbeat
        self.loop = loop
    }

    func listen(
        _ descriptor: consuming FileDescriptor, report: @escaping () -> any JSONHealthDocument
    ) {
        listener = try? Listener(descriptor, on: loop) { [weak self] descriptor, _ in
            self?.accept(descriptor, report)
        }
    }

    func stop() {
        listener?.close()
        listener = nil
        // A copy: a connection that ends takes itself out.
        for connection in Array(connections.values) { connection.close() }
    }

    private func nextActivity() -> UInt64 {
        activities += 1
        return activities
    }

    private func accept(
        _ descriptor: consuming FileDescriptor, _ report: @escaping () -> any JSONHealthDocument
    ) {
        if connections.count >= JSONHealthServer.maxClients {
            connections.values.min { $0.lastActivity < $1.lastActivity }?.close()
        }
        // Without memory for it the client is disconnected.
        let connection = try? JSONHealthConnection(
            descriptor, on: loop, report: report, takeHeartbeat: takeHeartbeat,
            order: { [unowned self] in nextActivity() },
            onEnd: { [weak self] connection in
                self?.connections[ObjectIdentifier(connection)] = nil
            })
        if let connection { connections[ObjectIdentifier(connection)] = connection }
    }
}
