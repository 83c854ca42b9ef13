// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import Exposition
import HostMemory
import Scraping
import Supervision
import SystemIO

/// The command: what it uses, and how often and why it has ended. Belongs to the loop.
///
/// What it uses is that of its first process, as Prometheus' own libraries tell it of themselves. While the command does not
/// run, that is absent.
final class ChildFamilies {
    static let up = MetricFamily(
        .gauge, "vitals_child_up", help: "1 while the command runs, 0 while it does not.")
    static let cpu = MetricFamily(
        .counter, "vitals_child_cpu_seconds", unit: "seconds",
        help: "Processor time that the command's process has used, in user and kernel mode.")
    static let resident = MetricFamily(
        .gauge, "vitals_child_resident_memory_bytes", unit: "bytes",
        help: "Resident memory of the command's process.")
    static let openFiles = MetricFamily(
        .gauge, "vitals_child_open_fds", help: "Descriptors that the command's process has open.")
    static let threads = MetricFamily(
        .gauge, "vitals_child_threads", help: "Threads of the command's process.")
    static let start = MetricFamily(
        .gauge, "vitals_child_start_time_seconds", unit: "seconds",
        help: "When the command was started, the first time or again.")
    static let restarts = MetricFamily(
        .counter, "vitals_child_restarts",
        help: "How often the command was started again, by what came before.")
    static let restartsLeft = MetricFamily(
        .gauge, "vitals_child_restarts_left",
        help:
            "How often the command may be started again now (--restart-budget): at 0 its next end is that of healthcheck; absent without --restart."
    )
    static let ends = MetricFamily(
        .counter, "vitals_child_ends", help: "How often the command has ended, by how it did.")
    static let exitCode = MetricFamily(
        .gauge, "vitals_child_last_exit_code",
        help: "The exit code of the latest end of the command; absent after an end by a signal.")
    static let exitSignal = MetricFamily(
        .gauge, "vitals_child_last_exit_signal",
        help: "The signal of the latest end of the command; absent after an exit.")
    static let memoryKills = MetricFamily(
        .counter, "vitals_oom_kills",
        help: "Processes of the control group that the kernel has killed for want of memory.")
    static let orphans = MetricFamily(
        .counter, "vitals_orphans_reaped", help: "Orphans of the command that were waited for.")

    /// Every family, without values.
    static let all = [
        up, cpu, resident, openFiles, threads, start, restarts, restartsLeft, ends, exitCode,
        exitSignal,
        memoryKills, orphans,
    ]

    private let allowance: () -> RestartAllowance?
    private let kills = MemoryKills()
    private var process: CInt?
    private var isUnhealthy = false
    private var started = 0.0
    private var restartCounts: [Reason: Int] = [:]
    private var endCounts: [Reason: Int] = [:]
    private var latest: ProcessEnd?
    private var latestReason: Reason?

    /// Why the command ended.
    private enum Reason: String, CaseIterable {
        case exited, failed, killed, unhealthy
        case outOfMemory = "out_of_memory"
    }

    /// No command has been started yet; `allowance` says what is left of the budget of restarts.
    init(allowance: @escaping () -> RestartAllowance? = { nil }) { self.allowance = allowance }

    /// Takes news of the supervisor.
    func take(_ news: SupervisionNews) {
        switch news {
        case .started(let process, let restarts):
            self.process = process
            if restarts > 0, let latestReason { restartCounts[latestReason, default: 0] += 1 }
            started = Timestamp.now().fractionalSeconds
            isUnhealthy = false
        // A request that follows does not change what ended it.
        case .stopping(let byRequest, _): if !byRequest { isUnhealthy = true }
        case .ended(let words, _):
            process = nil
            latest = words.end
            let reason = reason(of: words)
            endCounts[reason, default: 0] += 1
            latestReason = reason
        case .startFailed: process = nil
        case .killed, .abandoned, .emptied, .suspended, .resumed: break
        }
    }

    private func reason(of words: LastWords) -> Reason {
        if isUnhealthy { return .unhealthy }
        if words.isOutOfMemory { return .outOfMemory }
        switch words.end {
        case .exited(0): return .exited
        case .exited, .lost: return .failed
        case .killed: return .killed
        }
    }

    /// The values now.
    func read() -> [MetricFamily] { usage() + counts() }

    private func usage() -> [MetricFamily] {
        var (up, cpu, resident) = (Self.up, Self.cpu, Self.resident)
        var (openFiles, threads, start) = (Self.openFiles, Self.threads, Self.start)
        up.add(.integer(process == nil ? 0 : 1))
        if process != nil { start.add(.number(started)) }
        if let process, let usage = ChildUsage.read(of: process) {
            cpu.add(.number(usage.cpuSeconds))
            resident.add(.integer(usage.residentBytes))
            if let count = OpenDescriptors.count(of: "\(process)") {
                openFiles.add(.integer(count))
            }
            threads.add(.integer(usage.threads))
        }
        return [up, cpu, resident, openFiles, threads, start]
    }

    private func counts() -> [MetricFamily] {
        var (restarts, ends) = (Self.restarts, Self.ends)
        for reason in Reason.allCases {
            let label = MetricLabel("reason", reason.rawValue)
            restarts.add(.integer(restartCounts[reason] ?? 0), label)
            ends.add(.integer(endCounts[reason] ?? 0), label)
        }
        var (left, exitCode, exitSignal) = (Self.restartsLeft, Self.exitCode, Self.exitSignal)
        // Where the budget is none from the start, that it is used up is no news.
        if let allowance = allowance(), allowance.budget.count > 0 {
            left.add(.integer(allowance.left))
        }
        switch latest {
        case .exited(let code)?: exitCode.add(.integer(code))
        case .killed(let signal, _)?: exitSignal.add(.integer(signal))
        case .lost?, nil: break
        }
        var (memoryKills, orphans) = (Self.memoryKills, Self.orphans)
        if let count = kills.read() { memoryKills.add(.integer(Int(clamping: count))) }
        orphans.add(.integer(Int(clamping: ChildTable.shared.orphanCount)))
        return [restarts, left, ends, exitCode, exitSignal, memoryKills, orphans]
    }
}
