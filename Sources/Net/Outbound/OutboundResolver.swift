// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Synchronization
package import SystemIO

/// Resolves names without blocking a loop: it has its own thread, which is started when it is needed.
package final class OutboundResolver: Sendable {
    private let thread = Mutex<EventLoopGroup?>(nil)
    private let readsFiles: Bool

    /// A resolver without a thread. One that `readsFiles` looks into /etc/hosts on the loop first, and needs no thread for the
    /// names there: for a loop that nothing else waits for.
    package init(readsFiles: Bool = false) { self.readsFiles = readsFiles }

    deinit { thread.withLock { $0?.stop() } }

    /// Calls `completion` on `loop`, at `deadline` or soon after it at the latest; at once where no name has to be asked for.
    package func resolve(
        _ place: OutboundTarget.Place, until deadline: MonotonicTime, on loop: EventLoop,
        _ completion: @escaping (Result<[SocketAddress], OutboundFailure>) -> Void
    ) {
        if let addresses = known(place) { return completion(.success(addresses)) }
        let completion = LoopBound(completion, on: loop)
        do throws(SystemCallError) {
            try worker().post { [self] in
                let result = ask(place, deadline)
                loop.post { completion.value(result) }
            }
        } catch {
            completion.value(.failure(.unreachable(reason: error.text)))
        }
    }

    private func known(_ place: OutboundTarget.Place) -> [SocketAddress]? {
        switch place {
        case .unix(let address): [address]
        case .host(let host, let port):
            NumericHost.destinations(host, port: port)
                ?? (readsFiles ? NameResolver.local(host, port: port) : nil)
        case .service: nil
        }
    }

    /// On the thread. It keeps this alive: a question is answered, also when who asked has let go of this.
    private func ask(
        _ place: OutboundTarget.Place, _ deadline: MonotonicTime
    ) -> Result<[SocketAddress], OutboundFailure> {
        // It has waited behind another name for too long.
        if MonotonicTime.now() >= deadline {
            return .failure(.unreachable(reason: "no answer to its name in time"))
        }
        do throws(OutboundFailure) {
            return .success(try place.addresses(until: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func worker() throws(SystemCallError) -> EventLoop {
        try thread.withLock { group throws(SystemCallError) in
            if let group { return group.loops[0] }
            let new = try EventLoopGroup(count: 1, name: "resolver")
            group = new
            return new.loops[0]
        }
    }
}
