// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import RegistryCalls
import SystemIO

/// A registry of Consul, at one agent: services with a check that is kept in step with the status, and one that passes with each
/// write. Both have a time to live; the agent deregisters by the second.
///
/// The status is the output of the first check; `draining` is Consul's maintenance as well, so that DNS leaves the instance out.
package final class ConsulStore: RegistryStore {
    private let agent: ConsulAgent
    /// What was registered last, with the status that it had then.
    private var written: [InstanceKey: Instance] = [:]
    /// When each was renewed last: its check is critical when its time to live is over, although the agent has the service.
    private var renewed: [InstanceKey: MonotonicTime] = [:]
    /// Instances that this store has put into maintenance; false where that is not certain, since an answer was lost.
    private var maintenance: [InstanceKey: Bool] = [:]

    /// A store that asks nothing yet.
    package init(
        _ target: ConsulTarget, _ times: ConsulTimes = ConsulTimes(), on loop: EventLoop
    ) { agent = ConsulAgent(target, times, on: loop) }

    deinit { close() }

    package func close() { agent.close() }

    /// Why Consul never takes an instance; nil when it does.
    package static func fault(of instance: Instance) -> String? { ConsulRecord.fault(of: instance) }

    // MARK: Writing

    private typealias Done = (Result<PutOutcome, StoreFailure>) -> Void

    package func put(
        _ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void
    ) {
        if let fault = ConsulRecord.fault(of: instance) {
            return agent.later { done(.failure(.refused(fault))) }
        }
        agent.get("/v1/agent/service/" + ConsulRecord.id(instance.key)) { [weak self] result in
            guard let self else { return done(.failure(.closed)) }
            switch result {
            case .failure(let failure): done(.failure(failure))
            case .success(let answer): self.found(answer, instance, done)
            }
        }
    }

    private func found(_ answer: RegistryAnswer, _ instance: Instance, _ done: @escaping Done) {
        if answer.status == 404 { return register(instance, .registered, done) }
        if let failure = answer.failure { return done(.failure(failure)) }
        if ConsulRecord.matches(answer.body, instance) {
            let isOver = renewed[instance.key].map { .now() - $0 > agent.times.timeToLive } ?? false
            return tell(instance, isOver ? .registered : .kept, canRegister: true, done)
        }
        // It may be what was written before a change of the instance itself.
        let isOwn = written[instance.key].map { ConsulRecord.matches(answer.body, $0) } ?? false
        register(instance, isOwn ? .kept : .repaired, done)
    }

    private func register(_ instance: Instance, _ outcome: PutOutcome, _ done: @escaping Done) {
        let body = ConsulRecord.registration(of: instance, timeToLive: agent.times.timeToLive)
        // That of the maintenance is among the checks that are replaced.
        if maintenance[instance.key] != nil { maintenance[instance.key] = false }
        agent.put("/v1/agent/service/register?replace-existing-checks=true", body) {
            [weak self] result in
            guard let self else { return done(.failure(.closed)) }
            if let failure = Self.failure(result) { return done(.failure(failure)) }
            self.written[instance.key] = instance
            self.tell(instance, outcome, canRegister: false, done)
        }
    }

    /// The check follows the status. One that is gone is registered anew: the agent has forgotten.
    private func tell(
        _ instance: Instance, _ outcome: PutOutcome, canRegister: Bool, _ done: @escaping Done
    ) {
        let word = instance.status == .available ? "pass" : "fail"
        let check = ConsulRecord.check(instance.key)
        agent.put("/v1/agent/check/\(word)/\(check)?note=\(instance.status.rawValue)") {
            [weak self] result in
            guard let self else { return done(.failure(.closed)) }
            if canRegister, Self.isUnknown(result) {
                return self.register(instance, .repaired, done)
            }
            if let failure = Self.failure(result) { return done(.failure(failure)) }
            self.renew(instance, outcome, canRegister: canRegister, done)
        }
    }

    private func renew(
        _ instance: Instance, _ outcome: PutOutcome, canRegister: Bool, _ done: @escaping Done
    ) {
        let check = ConsulRecord.liveness(instance.key)
        agent.put("/v1/agent/check/pass/\(check)?note=alive") { [weak self] result in
            guard let self else { return done(.failure(.closed)) }
            if canRegister, Self.isUnknown(result) {
                return self.register(instance, .repaired, done)
            }
            if let failure = Self.failure(result) { return done(.failure(failure)) }
            self.renewed[instance.key] = .now()
            self.maintain(instance, outcome, done)
        }
    }

    /// There is no such check. Agents before 1.10 answer 500.
    private static func isUnknown(_ result: Result<RegistryAnswer, StoreFailure>) -> Bool {
        guard case .success(let answer) = result else { return false }
        return answer.status == 404 || answer.status == 500
    }

    private func maintain(_ instance: Instance, _ outcome: PutOutcome, _ done: @escaping Done) {
        let isDraining = instance.status == .draining
        guard maintenance[instance.key] != (isDraining ? true : nil) else {
            return done(.success(outcome))
        }
        // It may be done although the answer is lost.
        maintenance[instance.key] = false
        let id = ConsulRecord.id(instance.key)
        agent.put("/v1/agent/service/maintenance/\(id)?enable=\(isDraining)&reason=draining") {
            [weak self] result in
            if let failure = Self.failure(result) { return done(.failure(failure)) }
            self?.maintenance[instance.key] = isDraining ? true : nil
            done(.success(outcome))
        }
    }

    package func remove(
        _ key: InstanceKey, _ done: @escaping (Result<Void, StoreFailure>) -> Void
    ) {
        if let fault = key.fault {
            return agent.later { done(.failure(.refused(fault))) }
        }
        (written[key], renewed[key]) = (nil, nil)
        agent.put("/v1/agent/service/deregister/" + ConsulRecord.id(key)) { [weak self] result in
            let isGone =
                if case .success(let answer) = result { answer.status == 404 } else { false }
            if !isGone, let failure = Self.failure(result) { return done(.failure(failure)) }
            // Without an answer it may still be there, in maintenance.
            self?.maintenance[key] = nil
            done(.success(()))
        }
    }

    private static func failure(_ result: Result<RegistryAnswer, StoreFailure>) -> StoreFailure? {
        switch result {
        case .success(let answer): answer.failure
        case .failure(let failure): failure
        }
    }

    // MARK: Reading

    package func list(
        _ service: String, _ done: @escaping (Result<[Instance], StoreFailure>) -> Void
    ) {
        if let refusal = StoreFailure.refusal(of: service) {
            return agent.later { done(.failure(refusal)) }
        }
        agent.list("/v1/health/service/" + service) { result in
            done(result.flatMap { Self.instances($0, service) })
        }
    }

    static func instances(
        _ answer: RegistryAnswer, _ service: String
    ) -> Result<[Instance], StoreFailure> {
        if let failure = answer.failure { return .failure(failure) }
        guard let instances = ConsulRecord.instances(answer.body, of: service) else {
            return .failure(.unreachable("its answer is no list of services"))
        }
        return .success(instances)
    }

    package func watch(
        _ service: String, _ told: @escaping (WatchNews) -> Void
    ) -> any StoreWatch {
        let watch = agent.makeWatch(told)
        let refusal = agent.isClosed ? .closed : StoreFailure.refusal(of: service)
        if let refusal {
            watch.end(refusal)
            return watch
        }
        let questions = ConsulWatch(service, agent, watch)
        watch.begin { questions.ask() }
        return watch
    }
}
