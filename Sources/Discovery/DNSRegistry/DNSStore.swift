// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import SystemIO

/// Instances that DNS knows: a store that can only be read. Belongs to a loop; names are asked for on a thread of its own, one
/// after the other.
///
/// A watch asks again when the shortest time to live of an answer is over. An instance of DNS is available, and its id is its
/// host and port.
package final class DNSStore: RegistryStore {
    private typealias Answered = (Result<DNSAnswer, StoreFailure>) -> Void

    private let target: DNSTarget
    private let times: DNSTimes
    private let loop: EventLoop
    private var thread: EventLoopGroup?
    private var watches: [ObjectIdentifier: DNSWatch] = [:]
    /// Those who wait for an answer.
    private var due: [Int: Answered] = [:]
    private var latestNumber = 0
    private var isClosed = false

    /// Watches at most.
    private static let limit = 1000
    private static let readOnly = StoreFailure.refused(
        "DNS can only be read here: register instances at what answers for the zone")

    /// A store of what DNS knows.
    package init(_ target: DNSTarget, _ times: DNSTimes = DNSTimes(), on loop: EventLoop) {
        self.target = target
        self.times = times
        self.loop = loop
    }

    deinit { close() }

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) { loop.atEndOfTick { [self] in done(.failure(isClosed ? .closed : Self.readOnly)) } }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) { loop.atEndOfTick { [self] in done(.failure(isClosed ? .closed : Self.readOnly)) } }

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        if let refusal = StoreFailure.refusal(of: service), !isClosed {
            return loop.atEndOfTick { done(.failure(refusal)) }
        }
        ask(service) { done($0.map(\.instances)) }
    }

    package func watch(
        _ service: String, _ told: @escaping (WatchNews) -> Void
    ) -> any StoreWatch {
        let watch = DNSWatch(service, self, loop, told)
        var refusal = StoreFailure.refusal(of: service)
        if watches.count >= Self.limit {
            refusal = .refused("DNS is asked for \(Self.limit) services at most")
        }
        if isClosed { refusal = .closed }
        if let refusal {
            loop.atEndOfTick { watch.end(refusal) }
            return watch
        }
        watches[ObjectIdentifier(watch)] = watch
        watch.onCancel = { [weak self] in self?.watches[ObjectIdentifier($0)] = nil }
        watch.ask()
        return watch
    }

    package func close() {
        if isClosed { return }
        isClosed = true
        let (lastWatches, lastDue) = (watches.values, due.values)
        (watches, due) = ([:], [:])
        loop.atEndOfTick {
            for watch in lastWatches { watch.end(.closed) }
            for answered in lastDue { answered(.failure(.closed)) }
        }
        thread?.stop()
        thread = nil
    }

    // MARK: Questions

    /// Asks for a service; the answer comes later, never inside this.
    func ask(_ service: String, _ done: @escaping (Result<DNSAnswer, StoreFailure>) -> Void) {
        if isClosed { return loop.atEndOfTick { done(.failure(.closed)) } }
        latestNumber += 1
        let number = latestNumber
        due[number] = done
        let box = LoopBound<Answered>({ [weak self] in self?.answered(number, $0) }, on: loop)
        do throws(SystemCallError) {
            let deadline = MonotonicTime.now() + times.answer
            try worker().post { [target, times, loop] in
                let result = DNSAnswer.ask(service, target, times, until: deadline)
                loop.post { box.value(result) }
            }
        } catch {
            let failure = StoreFailure.unreachable(error.text)
            loop.atEndOfTick { [weak self] in self?.answered(number, .failure(failure)) }
        }
    }

    private func answered(_ number: Int, _ result: Result<DNSAnswer, StoreFailure>) {
        due.removeValue(forKey: number)?(result)
    }

    private func worker() throws(SystemCallError) -> EventLoop {
        if let thread { return thread.loops[0] }
        let new = try EventLoopGroup(count: 1, name: "dns")
        thread = new
        return new.loops[0]
    }
}
