// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import ChildProcesses
import EventLoops
import HostChecks
import StatusBoard
import SystemIO

/// Runs the check of kind `gpu`: asks the helper, which is kept between runs. Belongs to the loop.
///
/// A helper that hangs is killed, and the next run starts another one when it has ended. One that is stuck in the kernel does
/// not end: then there is no second one, and the check is unhealthy until it has ended. The start of NVML may take longer than
/// a run: a driver without other users needs seconds for it.
final class GPURunner: CheckRunner {
    private enum Phase {
        case none
        /// A thread loads the program, from a disk that may hang.
        case loading
        case running(ChildProcess)
        /// It was killed, and has not ended yet.
        case ending
    }

    private let settings: GPUHelperSettings
    private let limits: GPULimits
    private let loop: EventLoop
    private var phase = Phase.none
    private var reader = GPUAnswerReader()
    private var xids: XidHistory
    /// When the request was sent that has no answer yet.
    private var asked: MonotonicTime?
    /// This helper has answered before.
    private var hasAnswered = false
    /// Some helper has.
    private var wasUp = false
    private var completion: ((CheckResult) -> Void)?
    private var timer: TimerID?
    private var released: (() -> Void)?

    /// The request: any line.
    private static let request = Array("read\n".utf8)

    /// Runs the helper by its settings, and judges what it says.
    init(_ settings: GPUHelperSettings, _ limits: GPULimits, _ xids: XidRule, on loop: EventLoop) {
        self.settings = settings
        self.limits = limits
        self.loop = loop
        self.xids = XidHistory(xids)
    }

    deinit {
        // The loop keeps it until it has ended.
        if case .running(let helper) = phase { helper.kill() }
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        self.completion = completion
        // Before the timeout of the run, which knows no cause.
        timer = loop.schedule(at: .now() + timeout * 9 / 10) { [weak self] in
            self?.timer = nil
            self?.timeIsUp(timeout)
        }
        switch phase {
        case .none: load()
        case .running(let helper) where asked == nil: ask(helper)
        // The first answer, the end of the one before, or the program itself are still to come.
        case .running, .loading, .ending: break
        }
    }

    func cancel(_ released: @escaping () -> Void) {
        completion = nil
        stopTimer()
        if case .running(let helper) = phase { end(helper) }
        if case .none = phase { released() } else { self.released = released }
    }

    // MARK: The helper

    private func load() {
        let command = settings.command
        let box = LoopBound(self, on: loop)
        do throws(SystemCallError) {
            try startThread(named: "check") {
                let result = Result { () throws(SystemCallError) in
                    try ChildProcess.startWithInput(command)
                }
                box.loop.post { box.value.loaded(result) }
            }
            phase = .loading
        } catch {
            finish(CheckResult(.unknown, "the check could not be started: \(error.text)"))
        }
    }

    private func loaded(_ result: Result<ChildProcess.Started, SystemCallError>) {
        switch result {
        case .failure(let error):
            phase = .none
            finish(CheckResult(.unhealthy, settings.unstarted(error)))
            release()
        case .success(let started):
            reader = GPUAnswerReader()
            hasAnswered = false
            asked = nil
            let helper = ChildProcess(
                started, on: loop, onOutput: { [weak self] in self?.received($0) },
                { [weak self] end, _ in self?.ended(end) })
            phase = .running(helper)
            if released == nil { ask(helper) } else { end(helper) }
        }
    }

    private func ask(_ helper: ChildProcess) {
        asked = .now()
        // One that does not read any more is about to end, and that is told.
        _ = helper.write(Self.request)
    }

    private func end(_ helper: ChildProcess) {
        helper.kill()
        phase = .ending
    }

    private func ended(_ end: ProcessEnd) {
        let wasRunning = if case .running = phase { true } else { false }
        phase = .none
        // It ends by itself after an answer that NVML cannot be started.
        let isPlanned = end == .exited(0) && hasAnswered
        if wasRunning, asked != nil, !isPlanned {
            finish(CheckResult(.unhealthy, Self.text(of: end, reader.words)))
        }
        asked = nil
        release()
        // A run that began while the helper was ending; one that has begun just now has done so itself.
        if completion != nil, case .none = phase { load() }
    }

    private static func text(of end: ProcessEnd, _ words: String) -> String {
        let said = words.isEmpty ? "" : ": \(words)"
        switch end {
        case .exited(let status): return "\(HelperPath.name) ended with status \(status)\(said)"
        case .killed(let signal, _):
            return
                "\(HelperPath.name) was ended by signal \(signal)\(said); the driver may be broken, see dmesg"
        case .lost: return "\(HelperPath.name) ended\(said)"
        }
    }

    // MARK: Answers

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard case .running(let helper) = phase else { return }
        do throws(GPUAnswerReader.Failure) {
            guard let answer = try reader.read(bytes) else { return }
            hasAnswered = true
            wasUp = true
            asked = nil
            let now = MonotonicTime.now()
            // Also when no run waits for it: an Xid is told once.
            xids.take(answer.xids, at: now)
            finish(limits.result(of: answer, xids, at: now))
        } catch {
            end(helper)
            switch error {
            case .tooMuch:
                finish(CheckResult(.unhealthy, "\(HelperPath.name) writes what is no answer"))
            case .otherVersion(let version):
                let problem =
                    "\(settings.path) is of another release (it writes version \(version))"
                finish(CheckResult(.unhealthy, "\(problem): install the one of this release"))
            }
        }
    }

    private func timeIsUp(_ timeout: Duration) {
        let now = MonotonicTime.now()
        switch phase {
        case .none: break
        case .loading:
            finish(CheckResult(.unhealthy, "\(settings.path) is not loaded yet: its disk hangs"))
        case .running where isStarting(now):
            finish(
                wasUp
                    ? CheckResult(.unhealthy, "NVIDIA's driver does not start again")
                    : CheckResult(.unknown, "NVIDIA's driver is still starting"))
        case .running(let helper):
            end(helper)
            finish(
                CheckResult(
                    .unhealthy, "NVIDIA's driver does not answer: a call hangs, see dmesg",
                    details: ["timeout": "true"]))
        case .ending:
            finish(
                CheckResult(
                    .unhealthy,
                    "NVIDIA's driver hangs in the kernel: \(HelperPath.name) does not end",
                    details: ["timeout": "true"]))
        }
    }

    /// NVML has not started yet, and may still do.
    private func isStarting(_ now: MonotonicTime) -> Bool {
        guard let asked, !hasAnswered, !reader.hasBegun else { return false }
        return now - asked < settings.start
    }

    private func finish(_ result: CheckResult) {
        stopTimer()
        let completion = completion
        self.completion = nil
        completion?(result)
    }

    private func release() {
        let released = released
        self.released = nil
        released?()
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
