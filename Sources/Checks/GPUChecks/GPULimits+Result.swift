// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import StatusBoard
import SystemIO

extension GPULimits {
    /// Causes that are told; more are counted.
    private static let causeLimit = 5

    /// What an answer comes to, with the Xids that count.
    func result(of answer: GPUAnswer, _ xids: XidHistory, at now: MonotonicTime) -> CheckResult {
        if let error = answer.error { return CheckResult(.unhealthy, error.hostText) }
        var found: [Finding] = []
        if let missing = missing(answer) { found.append(missing) }
        for device in answer.devices {
            found += findings(device).map { Finding($0.state, "\(device.title) \($0.text)") }
        }
        for (xid, state, age) in xids.current(at: now) {
            let device = xid.index.map { "GPU \($0)" } ?? "a GPU"
            let seconds = age.components.seconds
            found.append(
                Finding(state, "\(device) had Xid \(xid.code) \(seconds) s ago: see dmesg"))
        }
        let details = answer.details
        // The worst first; of the same state, in the order in which they were found.
        let worst = found.enumerated().sorted {
            ($0.element.state, $1.offset) > ($1.element.state, $0.offset)
        }
        guard let first = worst.first?.element else {
            return CheckResult(.healthy, details: details)
        }
        var causes = worst.prefix(Self.causeLimit).map(\.element.text)
        if worst.count > causes.count { causes.append("\(worst.count - causes.count) more") }
        return CheckResult(first.state, causes.joined(separator: "; "), details: details)
    }

    private func missing(_ answer: GPUAnswer) -> Finding? {
        let there = answer.devices.filter { $0.error == nil || $0.index != nil }.count
        if there == 0, answer.hidden > 0 {
            return Finding(
                .unhealthy,
                "none of the \(answer.hidden) GPUs may be used: give this user, or the container, their devices"
            )
        }
        // A device that was asked for by its name says itself that it is not there.
        guard there < count, answer.devices.isEmpty || count > 1 else { return nil }
        return Finding(
            .unhealthy, "\(there) of \(count) GPUs are there: see nvidia-smi -L and dmesg")
    }
}

extension GPUReading {
    /// What it is called in a cause.
    fileprivate var title: String { index.map { "GPU \($0)" } ?? "the GPU \(uuid)" }
}

extension GPUAnswer {
    /// Numbers for people and programs.
    fileprivate var details: [String: String] {
        var details = ["gpus": String(count)]
        if !driver.isEmpty { details["driver"] = driver }
        for device in devices {
            let prefix = device.index.map { "gpu\($0)_" } ?? "gpu_"
            details[prefix + "name"] = device.name.isEmpty ? nil : device.name
            let numbers = device.numbers
            if let percent = GPULimits.memoryPercent(numbers) {
                details[prefix + "memory"] = "\(Int(percent)) %"
            }
            details[prefix + "utilisation"] = numbers[.utilisation].map { "\($0) %" }
            details[prefix + "temperature"] = numbers[.temperature].map { "\($0) °C" }
        }
        return details
    }
}
