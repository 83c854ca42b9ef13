// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import InstanceDocuments
package import InstanceRegistry
import RegistryCalls

/// A registry that another process of ours serves over HTTP. Each instance is a document with a time to live; a write tells what was
/// there before.
package final class HTTPRegistryStore: RegistryStore {
    private let calls: OpenRegistryCalls
    private let target: HTTPRegistryTarget
    private let times: HTTPRegistryTimes
    /// What this store may have written: first what was answered last, then writes whose answers are not there.
    private var written: [InstanceKey: [Instance]] = [:]

    /// A store that asks nothing yet.
    package init(
        _ target: HTTPRegistryTarget, _ times: HTTPRegistryTimes = HTTPRegistryTimes(),
        on loop: EventLoop
    ) {
        self.target = target
        self.times = times
        calls = OpenRegistryCalls(to: target.place, on: loop)
    }

    deinit { close() }

    package func close() { calls.close() }

    /// Why no registry over HTTP ever takes an instance; nil when they do.
    package static func fault(of instance: Instance) -> String? {
        if let fault = instance.fault { return fault }
        let isTooLarge = InstanceDocument.bytes(of: instance).count > InstanceDocument.limit
        return isTooLarge ? InstanceFault.tooLarge.text : nil
    }

    /// So many writes without an answer are remembered, and the latest: they differ in the status at most.
    private static let unanswered = 3

    // MARK: Writing

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) {
        let key = instance.key
        if let fault = Self.fault(of: instance) { return refuse(fault, done) }
        let body = InstanceDocument.bytes(of: instance)
        let own = written[key] ?? []
        // Also when the answer is lost it may be there.
        written[key] = own.prefix(1) + own.dropFirst().suffix(Self.unanswered) + [instance]
        let request = target.put(body, at: key, timeToLive: times.timeToLive)
        calls.ask(request, within: times.answer) { [weak self] result in
            done(
                result.flatMap { answer in
                    if let failure = answer.failure { return .failure(failure) }
                    guard let found = PutAnswer(answer.body, for: key) else {
                        return .failure(.unreachable("its answer to a write is none of a registry"))
                    }
                    self?.written[key] = [instance]
                    switch found {
                    case .registered: return .success(.registered)
                    case .kept: return .success(.kept)
                    case .changed(let previous):
                        return .success(own.contains(previous) ? .kept : .repaired)
                    }
                })
        }
    }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        if let fault = key.fault { return refuse(fault, done) }
        written[key] = nil
        calls.ask(target.remove(key), within: times.answer) { result in
            done(
                result.flatMap { answer in
                    if answer.isMissing { return .success(()) }
                    return answer.failure.map { .failure($0) } ?? .success(())
                })
        }
    }

    private func refuse<Value>(
        _ fault: String, _ done: @escaping (Result<Value, StoreFailure>) -> Void
    ) {
        let failure = calls.isClosed ? StoreFailure.closed : .refused(fault)
        calls.later { done(.failure(failure)) }
    }

    // MARK: Reading

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        if let fault = Instance.serviceFault(service) { return refuse(fault, done) }
        calls.ask(
            target.list(service), within: times.answer, bodyLimit: RegistryCall.listLimit
        ) { result in
            done(
                result.flatMap { answer in
                    if answer.isMissing { return .success([]) }
                    if let failure = answer.failure { return .failure(failure) }
                    let list = answer.body.withUnsafeBytes {
                        InstanceList.instances($0, of: service)
                    }
                    return list.map { .success($0.sorted { $0.key.id < $1.key.id }) }
                        ?? .failure(.unreachable("its answer is no list of instances"))
                })
        }
    }

    package func watch(
        _ service: String, _ told: @escaping (WatchNews) -> Void
    ) -> any StoreWatch {
        let watch = CalledWatch(calls, longestWait: times.longestWait, told)
        let refusal = calls.isClosed ? .closed : StoreFailure.refusal(of: service)
        if let refusal {
            watch.end(refusal)
            return watch
        }
        let stream = HTTPRegistryWatch(service, target.watch(service), calls, times, watch)
        watch.begin { stream.open() }
        return watch
    }
}
