// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import EventLoops
import SystemIO

/// Runs the checks of a process on one loop, by its ``CheckEngine/CheckTable``. Belongs to the loop.
package final class CheckScheduler {
    /// A check with what is known of it.
    package typealias Check = CheckTable.Check

    private let loop: EventLoop
    private let onUpdate: ([Check]) -> Void
    private var table: CheckTable
    private var runners: [String: any CheckRunner] = [:]
    private var timer: (id: TimerID, time: MonotonicTime)?
    /// The same for all checks.
    private lazy var readClock: () -> MonotonicTime = { [weak self] in
        self?.table.awakeTime(at: .now()) ?? .now()
    }

    /// A scheduler without checks. `onUpdate` is called on the loop with the checks of which something new is known: a run has
    /// ended, or the verdict is another one.
    package init(
        on loop: EventLoop, seed: UInt64 = .random(in: .min ... .max),
        onUpdate: @escaping ([Check]) -> Void
    ) {
        self.loop = loop
        self.onUpdate = onUpdate
        table = CheckTable(seed: seed)
    }

    /// Every check with what is known of it, by name.
    package var checks: [Check] { table.checks }

    /// Adds a check, which begins to run soon.
    package func add(
        _ definition: CheckDefinition, _ runner: any CheckRunner
    ) throws(CheckTableError) {
        try table.add(definition, at: .now())
        runners[definition.name] = runner
        runner.added(at: place(of: definition.name))
        setTimer()
    }

    private func place(of name: String) -> CheckPlace {
        CheckPlace(readClock: readClock, requestRun: { [weak self] in self?.requestRun(name) })
    }

    /// Takes a check out, and gives up its run.
    package func remove(_ name: String) throws(CheckTableError) {
        let isRunning = try !table.remove(name, at: .now()).isEmpty
        let runner = runners.removeValue(forKey: name)
        // The runner is kept until nothing of its run is left.
        if isRunning { runner?.cancel { _ = runner } }
        setTimer()
    }

    /// Takes all checks out.
    package func stop() {
        for (name, runner) in runners {
            runner.cancel { _ = runner }
            runners[name] = nil
        }
        table = CheckTable(seed: 0)
        setTimer()
    }

    /// A real request has shown that the target of a check works.
    package func succeeded(_ name: String) { perform(table.succeeded(name, at: .now())) }

    // MARK: The table

    private func requestRun(_ name: String) { perform(table.requestRun(name, at: .now())) }

    private func advance() {
        timer = nil
        perform(table.advance(to: .now()))
    }

    private func finished(_ run: CheckTable.Run, _ result: CheckResult?) {
        let actions = table.finished(run, result, at: .now())
        perform(actions, updated: table.name(of: run))
    }

    private func perform(_ actions: [CheckTable.Action], updated name: String? = nil) {
        var updated = name.map { [$0] } ?? []
        for action in actions {
            switch action {
            case .begin(let run, let name, let timeout):
                runners[name]?.begin(timeout: timeout) { [weak self] in self?.finished(run, $0) }
            case .cancel(let run, let name):
                runners[name]?.cancel { [weak self] in self?.finished(run, nil) }
            case .changed(let name): if !updated.contains(name) { updated.append(name) }
            }
        }
        tell(updated)
        setTimer()
    }

    private func tell(_ names: [String]) {
        let changes = names.compactMap { table.check($0) }
        if !changes.isEmpty { onUpdate(changes) }
    }

    private func setTimer() {
        let next = table.nextWake
        guard next != timer?.time ?? .distantFuture else { return }
        if let timer { loop.cancel(timer.id) }
        timer = nil
        if next == .distantFuture { return }
        timer = (loop.schedule(at: next) { [weak self] in self?.advance() }, next)
    }
}
