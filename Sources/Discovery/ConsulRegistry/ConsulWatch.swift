// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import RegistryCalls
import SystemIO

/// Asks an agent again and again for the instances of a service; each question waits there for a change (a blocking query).
///
/// The rules: an index that goes backwards begins at 0 again, and none is below 1; the agent adds up to a sixteenth to the wait;
/// an answer is no proof of a change; two questions may follow at once, and the next ones after a pause.
final class ConsulWatch {
    private let service: String
    private let agent: ConsulAgent
    private let watch: CalledWatch
    private var index = ConsulIndex()
    private var bucket: TokenBucket

    init(_ service: String, _ agent: ConsulAgent, _ watch: CalledWatch) {
        self.service = service
        self.agent = agent
        self.watch = watch
        bucket = TokenBucket(refill: agent.times.pause)
        // That of the first question.
        _ = bucket.take(at: .now())
    }

    /// Asks once, and has the watch ask again after the answer.
    func ask() {
        let wait = agent.times.wait
        var path = "/v1/health/service/" + service
        var limit = agent.times.answer
        if index.value > 0 {
            let milliseconds = wait.wholeNanoseconds / 1_000_000
            path += "?index=\(index.value)&wait=\(milliseconds)ms"
            limit = wait + wait / 16 + agent.times.answer
        }
        watch.began(agent.list(path, within: limit) { [weak self] in self?.answered($0) })
    }

    private func answered(_ result: Result<RegistryAnswer, StoreFailure>) {
        watch.ended()
        let list = result.flatMap { answer in
            ConsulStore.instances(answer, service).map { ($0, answer.index) }
        }
        switch list {
        case .success(let (instances, next)):
            index.take(next)
            watch.found(instances)
            watch.askAgain(at: bucket.take(at: .now()))
        case .failure(let failure):
            index = ConsulIndex()
            watch.lost(failure)
        }
    }
}
