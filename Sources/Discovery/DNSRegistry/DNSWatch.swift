// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import SystemIO

/// Asks DNS for a service again and again, and tells what has changed.
final class DNSWatch: StoreWatch {
    private let service: String
    private weak var store: DNSStore?
    private let loop: EventLoop
    private let told: (WatchNews) -> Void
    private var known = WatchedList<[Instance]>()
    private var timer: TimerID?
    private var isCancelled = false
    private var backoff = SpreadBackoff(first: .seconds(1), longest: .seconds(30))
    /// Called when it is cancelled.
    var onCancel: ((DNSWatch) -> Void)?

    init(
        _ service: String, _ store: DNSStore, _ loop: EventLoop,
        _ told: @escaping (WatchNews) -> Void
    ) {
        self.service = service
        self.store = store
        self.loop = loop
        self.told = told
    }

    func cancel() {
        if isCancelled { return }
        isCancelled = true
        if let timer { loop.cancel(timer) }
        timer = nil
        onCancel?(self)
        onCancel = nil
    }

    /// Says why it ends, as the last.
    func end(_ failure: StoreFailure) {
        if isCancelled { return }
        cancel()
        told(.away(failure))
    }

    func ask() {
        store?.ask(service) { [weak self] result in
            guard let self, !self.isCancelled else { return }
            switch result {
            case .success(let answer):
                self.backoff.reset()
                self.askAgain(after: answer.timeToLive)
                if self.known.found(answer.instances) { self.told(.instances(answer.instances)) }
            case .failure(.closed): break
            case .failure(let failure):
                self.askAgain(after: self.backoff.advance(Double.random(in: 0...1)))
                if self.known.lost(failure) { self.told(.away(failure)) }
            }
        }
    }

    private func askAgain(after wait: Duration) {
        timer = loop.schedule(at: .now() + wait) { [weak self] in
            self?.timer = nil
            self?.ask()
        }
    }
}
