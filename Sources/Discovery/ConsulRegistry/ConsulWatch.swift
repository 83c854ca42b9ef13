// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import RegistryCalls
import SystemIO

/// Asks an agent again and again for the instances of a service; each question waits there for a change (a blocking query).
///
/// The rules: an index that goes backwards begins at 0 again, and none is below 1; the agent adds up to a sixteenth to the wait;
/// an answer is no proof of a change; two questions may follow at once, and the next ones after a pause.
final class ConsulWatch: StoreWatch {
    private let service: String
    private let agent: ConsulAgent
    private var told: ((WatchNews) -> Void)?
    private var index = ConsulIndex()
    private var bucket: TokenBucket
    private var known: [Instance]?
    private var isAway = false
    private var call: Int?
    private var timer: TimerID?
    private var backoff: SpreadBackoff
    /// Takes it out of the store.
    var onCancel: () -> Void = {}

    init(_ service: String, _ agent: ConsulAgent, _ told: @escaping (WatchNews) -> Void) {
        self.service = service
        self.agent = agent
        self.told = told
        bucket = TokenBucket(refill: agent.times.pause)
        backoff = SpreadBackoff(first: .milliseconds(100), longest: agent.times.longestWait)
    }

    /// Begins.
    func start() { ask() }

    func cancel() {
        told = nil
        stop()
        let onCancel = onCancel
        self.onCancel = {}
        onCancel()
    }

    /// Ends it with a last failure.
    func end(_ failure: StoreFailure) {
        stop()
        agent.later { [self] in
            told?(.away(failure))
            told = nil
        }
    }

    private func stop() {
        if let timer { agent.loop.cancel(timer) }
        timer = nil
        if let call { agent.cancel(call) }
        call = nil
    }

    private func ask() {
        let now = MonotonicTime.now()
        let turn = bucket.take(at: now)
        guard turn <= now else {
            timer = agent.loop.schedule(at: turn) { [weak self] in
                self?.timer = nil
                self?.send()
            }
            return
        }
        send()
    }

    private func send() {
        guard told != nil else { return }
        let wait = agent.times.wait
        var path = "/v1/health/service/" + service
        var limit = agent.times.answer
        if index.value > 0 {
            let milliseconds = wait.wholeNanoseconds / 1_000_000
            path += "?index=\(index.value)&wait=\(milliseconds)ms"
            limit = wait + wait / 16 + agent.times.answer
        }
        call = agent.list(path, within: limit) { [weak self] in self?.answered($0) }
    }

    private func answered(_ result: Result<RegistryAnswer, StoreFailure>) {
        call = nil
        let list = result.flatMap { answer in
            ConsulStore.instances(answer, service).map { ($0, answer.index) }
        }
        switch list {
        case .success(let (instances, next)):
            index.take(next)
            backoff.reset()
            let isNews = isAway || instances != known
            (known, isAway) = (instances, false)
            if isNews { told?(.instances(instances)) }
            ask()
        case .failure(let failure):
            index = ConsulIndex()
            let isNews = !isAway
            isAway = true
            if isNews { told?(.away(failure)) }
            let wait = backoff.advance(.random(in: 0..<1))
            timer = agent.loop.schedule(at: .now() + wait) { [weak self] in
                self?.timer = nil
                self?.send()
            }
        }
    }
}

/// The index of a blocking query.
struct ConsulIndex: Equatable {
    /// 0 for a question that does not wait.
    private(set) var value: UInt64 = 0

    /// Takes the index of an answer; without one nothing can be waited for.
    mutating func take(_ new: UInt64?) {
        guard let new else {
            value = 0
            return
        }
        // A server that was restored, or another one, counts anew.
        value = new < value ? 0 : max(1, new)
    }
}

/// Two at once, then one in a time.
struct TokenBucket {
    private let refill: Duration
    /// When the bucket was, or will be, full.
    private var full = MonotonicTime(nanoseconds: 0)

    init(refill: Duration) { self.refill = refill }

    /// Takes a token; when it may be used.
    mutating func take(at now: MonotonicTime) -> MonotonicTime {
        full = max(full, now) + refill
        return max(now, full + (.zero - refill * 2))
    }
}
