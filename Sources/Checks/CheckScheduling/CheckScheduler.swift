// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import EventLoops
import SystemIO

/// Runs the checks of a process on one loop, by its ``CheckEngine/CheckTable``. Belongs to the loop.
package final class CheckScheduler {
    /// A check whose verdict is another one, with what is known of it.
    package typealias Change = (definition: CheckDefinition, state: CheckState)

    private let loop: EventLoop
    private let onChange: ([Change]) -> Void
    private var table: CheckTable
    private var runners: [String: any CheckRunner] = [:]
    private var timer: (id: TimerID, time: MonotonicTime)?

    /// A scheduler without checks. `onChange` is called on the loop with the checks whose verdicts have changed together.
    package init(
        on loop: EventLoop, seed: UInt64 = .random(in: .min ... .max),
        onChange: @escaping ([Change]) -> Void
    ) {
        self.loop = loop
        self.onChange = onChange
        table = CheckTable(seed: seed)
    }

    /// Every check with what is known of it, by name.
    package var checks: [Change] { table.checks }

    /// Adds a check, which begins to run soon.
    package func add(
        _ definition: CheckDefinition, _ runner: any CheckRunner
    ) throws(CheckTableError) {
        try table.add(definition, at: .now())
        runners[definition.name] = runner
        setTimer()
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

    private func advance() {
        timer = nil
        perform(table.advance(to: .now()))
    }

    private func finished(_ run: CheckTable.Run, _ result: CheckResult?) {
        perform(table.finished(run, result, at: .now()))
    }

    private func perform(_ actions: [CheckTable.Action]) {
        var changed: [String] = []
        for action in actions {
            switch action {
            case .begin(let run, let name, let timeout):
                runners[name]?.begin(timeout: timeout) { [weak self] in self?.finished(run, $0) }
            case .cancel(let run, let name):
                runners[name]?.cancel { [weak self] in self?.finished(run, nil) }
            case .changed(let name): changed.append(name)
            }
        }
        tell(changed)
        setTimer()
    }

    private func tell(_ names: [String]) {
        let changes = names.compactMap { name in
            table.definition(of: name).flatMap { definition in
                table.state(of: name).map { (definition, $0) }
            }
        }
        if !changes.isEmpty { onChange(changes) }
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
