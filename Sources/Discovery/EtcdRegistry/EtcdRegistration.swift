// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EtcdProtocol
import EventLoops
import GRPCWire
import InstanceRegistry

/// One instance that this process writes: its lease, and what it has written last. One operation at a time.
final class EtcdRegistration {
    private let key: [UInt8]
    private let link: EtcdLink
    /// 0 for none.
    private var lease: Int64 = 0
    private var written: [UInt8]?
    private var waiting: [() -> Void] = []
    private var isBusy = false

    /// Operations that wait at most.
    private static let waitingLimit = 64

    init(_ key: InstanceKey, _ link: EtcdLink) {
        self.key = EtcdRecord.key(key)
        self.link = link
    }

    /// It was written and not removed, or something of it goes on.
    var isHeld: Bool { lease != 0 || written != nil || isBusy || !waiting.isEmpty }

    /// Renews the lease and writes the instance where it is not as it was written last.
    func put(_ instance: Instance, _ done: @escaping (Result<PutOutcome, StoreFailure>) -> Void) {
        let value = EtcdRecord.value(instance)
        perform({ [self] in renew(value, over(done)) }, else: { done(.failure($0)) })
    }

    /// Removes the key and gives the lease back.
    func remove(_ done: @escaping (Result<Void, StoreFailure>) -> Void) {
        perform({ [self] in delete(over(done)) }, else: { done(.failure($0)) })
    }

    // MARK: One after the other

    private func perform(
        _ operation: @escaping () -> Void, else refused: @escaping (StoreFailure) -> Void
    ) {
        if !isBusy {
            isBusy = true
            return operation()
        }
        guard waiting.count < Self.waitingLimit else {
            let text = "\(waiting.count) operations wait for etcd already: try again later"
            return link.loop.atEndOfTick { refused(.refused(text)) }
        }
        waiting.append(operation)
    }

    /// `done`, and then the next operation.
    private func over<Value>(
        _ done: @escaping (Result<Value, StoreFailure>) -> Void
    ) -> (Result<Value, StoreFailure>) -> Void {
        return { [self] result in
            isBusy = !waiting.isEmpty
            let next = isBusy ? waiting.removeFirst() : nil
            done(result)
            next?()
        }
    }

    // MARK: A put

    private typealias PutDone = (Result<PutOutcome, StoreFailure>) -> Void

    private func renew(_ value: [UInt8], _ done: @escaping PutDone) {
        if lease == 0 { return grant(value, done) }
        link.ask("Lease/LeaseKeepAlive", EtcdRequest.lease(lease)) { [self] answer in
            switch read(answer, { bytes throws(Status) in try EtcdLease(bytes) }) {
            case .success(let renewed) where renewed.seconds > 0: write(value, done)
            case .success: grant(value, done)
            case .failure(let failure): done(.failure(failure))
            }
        }
    }

    private func grant(_ value: [UInt8], _ done: @escaping PutDone) {
        lease = 0
        let (seconds, rest) = link.settings.times.timeToLive.components
        let message = EtcdRequest.leaseGrant(seconds: max(1, seconds + (rest > 0 ? 1 : 0)))
        link.ask("Lease/LeaseGrant", message) { [self] answer in
            switch read(answer, { bytes throws(Status) in try EtcdLease(bytes) }) {
            case .success(let granted) where granted.id != 0:
                lease = granted.id
                write(value, isNew: true, done)
            case .success: done(.failure(.refused("etcd granted a lease without a number")))
            case .failure(let failure): done(.failure(failure))
            }
        }
    }

    private func write(_ value: [UInt8], isNew: Bool = false, _ done: @escaping PutDone) {
        let expected = written ?? value
        let message = EtcdRequest.put(key, value, lease: lease, expecting: expected)
        link.ask("KV/Txn", message) { [self] answer in
            // The lease has ended since it was renewed.
            if case .failure(.refused(let text)) = answer, !isNew, text.hasSuffix(Self.noLease) {
                return grant(value, done)
            }
            switch read(answer, { bytes throws(Status) in try EtcdPut(bytes) }) {
            case .success(let put):
                let outcome = outcome(put, value)
                written = value
                done(.success(outcome))
            case .failure(let failure): done(.failure(failure))
            }
        }
    }

    private static let noLease = "requested lease not found (NOT_FOUND)"

    private func outcome(_ put: EtcdPut, _ value: [UInt8]) -> PutOutcome {
        if put.wasAsExpected { return written == nil ? .registered : .kept }
        guard let previous = put.previous, written != nil else { return .registered }
        // Where it is as it is to be, it was written by a try whose answer was lost.
        return previous.value == value && previous.lease == lease ? .kept : .repaired
    }

    // MARK: The end

    private func delete(_ done: @escaping (Result<Void, StoreFailure>) -> Void) {
        link.ask("KV/DeleteRange", EtcdRequest.delete(key)) { [self] answer in
            if case .failure(let failure) = answer { return done(.failure(failure)) }
            written = nil
            let ended = lease
            lease = 0
            if ended == 0 { return done(.success(())) }
            // Without an answer it ends by itself.
            link.ask("Lease/LeaseRevoke", EtcdRequest.lease(ended)) { _ in done(.success(())) }
        }
    }

    private func read<Value>(
        _ answer: EtcdLink.Answer, _ decode: ([UInt8]) throws(Status) -> Value
    ) -> Result<Value, StoreFailure> {
        switch answer {
        case .failure(let failure): return .failure(failure)
        case .success(let bytes):
            do throws(Status) {
                return .success(try decode(bytes))
            } catch {
                return .failure(EtcdLink.refusal(error))
            }
        }
    }
}
