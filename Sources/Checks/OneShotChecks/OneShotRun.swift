// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
package import CheckSettings
import EventLoops
import StatusBoard
import SystemIO

/// Runs checks once, all at the same time, on the calling thread.
package struct OneShotRun {
    /// Blocks until each check has a result, in the order of `settings`; not longer than `timeout`, and ``grace`` for what has
    /// to be ended then.
    package static func results(
        of settings: [CheckSetting], within timeout: Duration
    ) -> [OneShotResult] {
        if settings.count == 1, let setting = settings.first,
            let result = setting.kind.runOnce(within: timeout)
        {
            return [OneShotResult(setting, result)]
        }
        do throws(SystemCallError) {
            return try LoopRun(settings, within: timeout).run()
        } catch {
            let cause = "the check cannot run: \(error.text)"
            return settings.map { OneShotResult($0, CheckResult(.unknown, cause)) }
        }
    }

    /// How long what was given up has to end, such as a command.
    package static let grace = Duration.milliseconds(500)
}

/// The checks of one run, over an event loop on the calling thread.
private final class LoopRun {
    private let settings: [CheckSetting]
    private let timeout: Duration
    private let loop: EventLoop
    private var runners: [any CheckRunner] = []
    private var results: [CheckResult?]
    private let started = MonotonicTime.now()
    /// Runs of which something is left.
    private var open: Set<Int> = []

    init(_ settings: [CheckSetting], within timeout: Duration) throws(SystemCallError) {
        self.settings = settings
        self.timeout = timeout
        loop = try EventLoop()
        results = settings.map { _ in nil }
    }

    func run() -> [OneShotResult] {
        let context = CheckContext(on: loop, readsFiles: true)
        runners = settings.map { $0.kind.makeRunner(context) }
        open = Set(runners.indices)
        _ = loop.schedule(at: started + timeout) { self.giveUp() }
        for (index, runner) in runners.enumerated() {
            runner.begin(timeout: timeout) { self.finished(index, $0) }
        }
        if !open.isEmpty { loop.run() }
        // They refer to this object.
        runners = []
        return zip(settings, results).map { setting, result in
            OneShotResult(setting, result ?? .timedOut(after: timeout))
        }
    }

    private func finished(_ index: Int, _ result: CheckResult) {
        guard results[index] == nil else { return }
        var result = result
        if result.duration == .zero { result.duration = MonotonicTime.now() - started }
        results[index] = result
        released(index)
    }

    private func giveUp() {
        _ = loop.schedule(at: .now() + OneShotRun.grace) { self.loop.stop() }
        for index in open.sorted() {
            results[index] = .timedOut(after: timeout)
            runners[index].cancel { self.released(index) }
        }
    }

    private func released(_ index: Int) {
        open.remove(index)
        if open.isEmpty { loop.stop() }
    }
}
