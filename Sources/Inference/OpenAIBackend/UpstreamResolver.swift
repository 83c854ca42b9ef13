// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Synchronization
import SystemIO

/// Resolves the name of the upstream without blocking a loop: it has its own thread, which is started when it is needed.
final class UpstreamResolver: Sendable {
    private let thread = Mutex<EventLoopGroup?>(nil)

    /// Calls `completion` on `loop`, at `deadline` or soon after it at the latest.
    func resolve(
        _ url: UpstreamURL, until deadline: MonotonicTime, on loop: EventLoop,
        _ completion: @escaping (Result<[SocketAddress], UpstreamFailure>) -> Void
    ) {
        if let addresses = NumericHost.destinations(url.host, port: url.port) {
            return completion(.success(addresses))
        }
        let completion = LoopBound(completion, on: loop)
        let (host, port) = (url.host, url.port)
        do throws(SystemCallError) {
            try worker().post {
                let result = Self.ask(host, port, deadline)
                loop.post { completion.value(result) }
            }
        } catch {
            completion.value(.failure(.unreachable(reason: error.text)))
        }
    }

    private static func ask(
        _ host: String, _ port: UInt16, _ deadline: MonotonicTime
    ) -> Result<[SocketAddress], UpstreamFailure> {
        do throws(NameResolutionError) {
            return .success(try NameResolver.resolve(host, port: port, deadline: deadline))
        } catch {
            return .failure(.unreachable(reason: error.text))
        }
    }

    private func worker() throws(SystemCallError) -> EventLoop {
        try thread.withLock { group throws(SystemCallError) in
            if let group { return group.loops[0] }
            let new = try EventLoopGroup(count: 1)
            group = new
            return new.loops[0]
        }
    }
}
