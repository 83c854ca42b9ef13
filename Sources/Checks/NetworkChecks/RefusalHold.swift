// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import SystemIO

/// Keeps a check whose password is refused from asking again at once: each attempt is a line in the target's log, and some
/// targets lock users out. Belongs to the loop.
final class RefusalHold: CheckRunner {
    /// In the details of a result that says that the target refuses the user.
    static let mark = "refused"
    /// How long the result is repeated before the target is asked again.
    static let time = Duration.seconds(60)

    private let runner: any CheckRunner
    private let loop: EventLoop
    private var held: (result: CheckResult, end: MonotonicTime)?

    init(_ runner: any CheckRunner, on loop: EventLoop) {
        self.runner = runner
        self.loop = loop
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        if let held, MonotonicTime.now() < held.end { return completion(held.result) }
        held = nil
        runner.begin(timeout: timeout) { [weak self] result in
            if result.details[Self.mark] != nil {
                var result = result
                result.cause += " (not asked again for \(Self.time.components.seconds) s)"
                self?.held = (result, .now() + Self.time)
                return completion(result)
            }
            completion(result)
        }
    }

    func added(at place: CheckPlace) { runner.added(at: place) }

    func cancel(_ released: @escaping () -> Void) { runner.cancel(released) }
}
