// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCWire
import TLSWire

/// What a server has counted since its start, over all its loops.
package struct ServerStatistics: Sendable {
    /// One method's counts.
    package struct Method: Sendable {
        /// `/package.Service/Method`; empty for calls of methods that are not there.
        package let path: StaticString
        /// Calls that have begun.
        package fileprivate(set) var started = 0
        /// Messages of requests that were handed to a handler.
        package fileprivate(set) var messagesReceived = 0
        /// Messages of answers that were sent, or made ready for a client that takes nothing now.
        package fileprivate(set) var messagesSent = 0
        /// How long the calls took that have ended; docs/metrics.md says what is measured.
        package fileprivate(set) var times = DurationHistogram()
        /// What its requests and answers have.
        package let shape: MethodShape
        private var endedByCode = [Int](repeating: 0, count: 18)

        fileprivate init(path: StaticString, _ shape: MethodShape) {
            self.path = path
            self.shape = shape
        }

        /// Calls that ended with this code, all numbers above 16 together. A call with an immediate handler ends
        /// when that has answered.
        package func ended(with code: StatusCode) -> Int {
            endedByCode[min(Int(code.rawValue), 17)]
        }

        /// Calls that are under way.
        package var open: Int { started - endedByCode.reduce(0, +) }

        fileprivate mutating func add(_ method: GRPCTransport.Method) {
            let counters = method.counters
            if method.isImmediate { method.latency.countRest(counters) }
            times.add(method.latency.times)
            started += counters.started
            messagesReceived += counters.messagesReceived
            messagesSent += counters.messagesSent
            for index in counters.ended.indices { endedByCode[index] += counters.ended[index] }
        }
    }

    /// The methods in the order in which they were added; calls of unknown ones at the end.
    package private(set) var methods: [Method] = []

    /// What was counted of connections.
    package private(set) var traffic = TrafficCounters()
    /// How long the ticks of the loops took, of those that were measured.
    package private(set) var ticks = DurationHistogram()
    /// When the certificate that is shown to clients expires, in seconds since 1970; nil in plaintext.
    package private(set) var certificateExpiry: Int?

    /// The method with this path.
    package subscript(path: StaticString) -> Method? {
        methods.first { $0.path.description == path.description }
    }

    mutating func add(_ worker: Worker) {
        for (index, method) in worker.routes.methods.all.enumerated() {
            if index == methods.count {
                methods.append(Method(path: method.path, MethodShape(method.handler)))
            }
            methods[index].add(method)
        }
        traffic.add(worker.traffic)
        ticks.add(worker.loop.tickTimes)
        certificateExpiry = worker.tls.context?.certificateExpiry
    }
}

extension GRPCServer {
    /// What was counted so far; `completion` is called on some loop. The server's loops must be running.
    package func statistics(_ completion: @escaping @Sendable (ServerStatistics) -> Void) {
        collect(workers[...], ServerStatistics(), completion)
    }

    /// ``statistics(_:)``, for callers that can wait.
    package func statistics() async -> ServerStatistics {
        await withCheckedContinuation { continuation in
            statistics { continuation.resume(returning: $0) }
        }
    }

    /// From loop to loop, so that no counter is ever read by another thread.
    private func collect(
        _ rest: ArraySlice<LoopBound<Worker>>, _ soFar: ServerStatistics,
        _ completion: @escaping @Sendable (ServerStatistics) -> Void
    ) {
        guard let worker = rest.first else { return completion(soFar) }
        worker.loop.post {
            var statistics = soFar
            statistics.add(worker.value)
            self.collect(rest.dropFirst(), statistics, completion)
        }
    }
}
