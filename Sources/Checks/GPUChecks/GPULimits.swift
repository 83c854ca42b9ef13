// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import StatusBoard
import SystemIO

/// What a healthy device looks like, as it was configured; the rest by the limits of NVIDIA's DCGM. Pure.
struct GPULimits: Equatable, Sendable {
    /// Devices that have to be there.
    var count = 1
    /// Per cent of the memory from which a device is degraded; nil for never: model servers take all of it.
    var memory: Double?
    /// Degrees from which it is degraded; nil for those at which it slows itself down.
    var temperature: UInt64?

    /// Something that is wrong with a device.
    struct Finding: Equatable {
        let state: Outcome.State
        /// Follows the device in a sentence.
        let text: String

        init(_ state: Outcome.State, _ text: String) {
            self.state = state
            self.text = text
        }
    }

    /// All that is wrong with a device.
    func findings(_ device: GPUReading) -> [Finding] {
        if let error = device.error {
            let name = device.index.map { String($0) } ?? device.uuid
            return [Finding(.unhealthy, error.deviceText(name))]
        }
        let numbers = device.numbers
        return [
            Self.recovery(numbers[.recovery] ?? 0), Self.memoryErrors(numbers[.uncorrected] ?? 0),
            Self.rows(numbers), Self.pages(numbers), heat(numbers),
            Self.slowdown(numbers[.reasons] ?? 0), memoryUse(numbers),
        ].compactMap { $0 }
    }

    /// C: `nvmlDeviceGpuRecoveryAction_t`.
    private static func recovery(_ action: UInt64) -> Finding? {
        switch action {
        case 0: nil
        case 1: Finding(.unhealthy, "has to be reset, its driver says: nvidia-smi --gpu-reset")
        case 2, 7: Finding(.unhealthy, "needs a restart of the machine, its driver says")
        case 3: Finding(.degraded, "has to be drained of peer-to-peer work, its driver says")
        case 4: Finding(.unhealthy, "has to be drained and reset, its driver says")
        case 6: Finding(.unhealthy, "needs a reset of its bus, its driver says")
        default: Finding(.degraded, "asks for recovery action \(action): see NVIDIA's manual")
        }
    }

    private static func memoryErrors(_ count: UInt64) -> Finding? {
        count == 0
            ? nil
            : Finding(
                .unhealthy,
                "has \(count) memory errors that could not be corrected: drain and reset it")
    }

    private static func rows(_ numbers: [GPUNumber: UInt64]) -> Finding? {
        if numbers[.remapFailure] ?? 0 != 0 {
            return Finding(
                .unhealthy, "has a row of memory that could not be replaced: exchange it")
        }
        if let count = numbers[.remapped], count >= 512 {
            return Finding(.degraded, "has \(count) replaced rows of memory: exchange it soon")
        }
        if numbers[.remapPending] ?? 0 != 0 {
            return Finding(.degraded, "replaces rows of memory at its next reset: reset it")
        }
        return nil
    }

    private static func pages(_ numbers: [GPUNumber: UInt64]) -> Finding? {
        let double = numbers[.retiredForDouble] ?? 0
        let (all, overflow) = double.addingReportingOverflow(numbers[.retiredForSingle] ?? 0)
        if overflow || all >= 63 {
            return Finding(
                .unhealthy, "has \(overflow ? double : all) retired pages of memory: exchange it")
        }
        if double > 15 {
            return Finding(
                .degraded,
                "has \(double) pages of memory retired for double errors: exchange it soon")
        }
        if numbers[.retirementPending] ?? 0 != 0 {
            return Finding(.degraded, "retires pages of memory at its next reset: reset it")
        }
        return nil
    }

    private func heat(_ numbers: [GPUNumber: UInt64]) -> Finding? {
        guard let degrees = numbers[.temperature] else { return nil }
        if let temperature {
            return degrees < temperature
                ? nil : Finding(.degraded, "has \(degrees) °C (limit \(temperature) °C): cool it")
        }
        guard let limit = numbers[.slowdown], limit > 0, degrees >= limit else { return nil }
        return Finding(.degraded, "has \(degrees) °C, and slows down at \(limit) °C: cool it")
    }

    /// Reasons that are faults. The others are settings, and a limit of power, which is usual under full load.
    /// C: `nvmlClocksEventReason...`.
    private static func slowdown(_ reasons: UInt64) -> Finding? {
        var words: [String] = []
        if reasons & 0x60 != 0 { words.append("heat") }
        if reasons & 0x80 != 0 { words.append("the power supply") }
        if words.isEmpty, reasons & 0x8 != 0 { words.append("its hardware: heat or power") }
        if words.isEmpty { return nil }
        return Finding(.degraded, "is slowed down by \(words.joined(separator: " and "))")
    }

    private func memoryUse(_ numbers: [GPUNumber: UInt64]) -> Finding? {
        guard let memory, let percent = Self.memoryPercent(numbers), percent >= memory else {
            return nil
        }
        return Finding(
            .degraded, "has \(Int(percent)) % of its memory in use (limit \(Int(memory)) %)")
    }

    /// Per cent of the memory that are used.
    static func memoryPercent(_ numbers: [GPUNumber: UInt64]) -> Double? {
        guard let used = numbers[.memoryUsed], let total = numbers[.memoryTotal], total > 0 else {
            return nil
        }
        return Double(min(used, total)) / Double(total) * 100
    }
}
