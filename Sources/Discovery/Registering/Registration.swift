// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import InstanceRegistry
import SystemIO

/// Carries out what a RegistrationState orders in its store. Belongs to the loop.
package final class Registration {
    private let store: any RegistryStore
    private let loop: EventLoop
    private var instance: Instance
    private var state: RegistrationState
    private var timer: TimerID?
    package private(set) var report: RegistrationReport
    /// Called after each change of report.
    package var onChange: () -> Void = {}

    /// An instance that is to be in a store.
    package init(
        of instance: Instance, in store: any RegistryStore, named name: String,
        timeToLive: Duration, on loop: EventLoop
    ) {
        self.instance = instance
        self.store = store
        self.loop = loop
        state = RegistrationState(timeToLive: timeToLive, seed: .random(in: .min ... .max))
        report = RegistrationReport(store: name, of: instance)
    }

    /// The instance has just been judged.
    package func judged(_ status: InstanceStatus) { carryOut(state.judged(status, at: .now())) }

    /// The end is near.
    package func drain() { carryOut(state.drainAsked(at: .now())) }

    /// The drain was taken back.
    func resume() { carryOut(state.resumed(at: .now())) }

    /// Nothing is served any more.
    package func end() { carryOut(state.endAsked(at: .now())) }

    /// The store knows of the drain, or could not be told.
    package var hasToldDrain: Bool { state.hasToldDrain }

    /// Nothing is left to do.
    package var isOver: Bool { state.isOver }

    /// Does nothing more; what is registered stays for its time.
    package func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
        onChange = {}
    }

    /// Lets the store go.
    func close() {
        if let timer { loop.cancel(timer) }
        timer = nil
        store.close()
    }

    private func carryOut(_ order: RegistrationState.Order?) {
        setTimer()
        guard let order else { return }
        let begun = MonotonicTime.now()
        switch order {
        case .put(let status):
            instance.status = status
            store.put(instance) { [weak self] in self?.ended($0, begun) }
        case .remove:
            store.remove(instance.key) { [weak self] in self?.removed($0, begun) }
        }
    }

    private func ended(_ result: Result<PutOutcome, StoreFailure>, _ begun: MonotonicTime) {
        let now = MonotonicTime.now()
        report.writes.record(now - begun)
        let order: RegistrationState.Order?
        switch result {
        case .success(let outcome): order = state.put(outcome, at: now)
        case .failure(let failure): order = state.failed(failure, at: now)
        }
        tell()
        carryOut(order)
    }

    private func removed(_ result: Result<Void, StoreFailure>, _ begun: MonotonicTime) {
        let now = MonotonicTime.now()
        report.writes.record(now - begun)
        var order: RegistrationState.Order?
        switch result {
        case .success: state.removed(at: now)
        case .failure(let failure): order = state.failed(failure, at: now)
        }
        tell()
        carryOut(order)
    }

    private func tell() {
        (report.status, report.since) = (state.status, state.since)
        (report.leaseEnd, report.counts) = (state.leaseEnd, state.counts)
        report.failure = state.failure?.text
        onChange()
    }

    private func setTimer() {
        if let timer { loop.cancel(timer) }
        timer = state.nextWake.map { wake in
            loop.schedule(at: wake) { [weak self] in
                guard let self else { return }
                self.timer = nil
                self.carryOut(self.state.woken(at: .now()))
            }
        }
    }
}
