// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import InstanceRegistry
package import Outbound

/// The calls of a store to its registry, and the watches that make them. Belongs to the loop.
package final class OpenRegistryCalls {
    /// The loop that they belong to.
    package let loop: EventLoop
    private let place: OutboundTarget
    private let resolver = OutboundResolver()
    private let buffer = ReceiveBuffer()
    private var calls: [Int: (call: RegistryCall, completion: RegistryCall.Completion)] = [:]
    private var watches: [ObjectIdentifier: CalledWatch] = [:]
    private var lastNumber = 0
    /// It takes no more calls.
    package private(set) var isClosed = false

    /// Without a call yet.
    package init(to place: OutboundTarget, on loop: EventLoop) {
        self.place = place
        self.loop = loop
    }

    /// Asks; the completion is called later. With a `stream` the answer goes on until that is silent.
    @discardableResult
    package func ask(
        _ request: [UInt8]?, within limit: Duration, bodyLimit: Int = RegistryCall.answerLimit,
        stream: RegistryCall.Stream? = nil, _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        lastNumber += 1
        let number = lastNumber
        guard !isClosed, let request else {
            let failure: StoreFailure = isClosed ? .closed : .refused("a name that no URL has")
            later { completion(.failure(failure)) }
            return number
        }
        let call = RegistryCall(
            request, to: place, within: limit, bodyLimit: bodyLimit, on: loop, resolver, buffer,
            stream: stream
        ) { [weak self] result in
            guard let self, self.calls.removeValue(forKey: number) != nil else { return }
            completion(result)
        }
        calls[number] = (call, completion)
        return number
    }

    /// Gives a call up: its completion is not called.
    package func cancel(_ number: Int) { calls.removeValue(forKey: number)?.call.cancel() }

    /// Ends all: watches, and the completions of calls, get that it is closed.
    package func close() {
        if isClosed { return }
        isClosed = true
        for watch in Array(watches.values) { watch.end(.closed) }
        let due = calls.values.map(\.completion)
        for (call, _) in calls.values { call.cancel() }
        calls = [:]
        for completion in due { later { completion(.failure(.closed)) } }
    }

    func add(_ watch: CalledWatch) { watches[ObjectIdentifier(watch)] = watch }

    func remove(_ watch: CalledWatch) { watches[ObjectIdentifier(watch)] = nil }

    /// Does `work` in a later tick.
    package func later(_ work: @escaping () -> Void) { _ = loop.schedule(at: loop.now, work) }
}
