// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNVML

/// The numbers of one device, asked one after the other, and written into a line.
struct NVMLDeviceReading {
    let library: NVMLLibrary
    let device: UnsafeMutableRawPointer

    private typealias Memory =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<cnvml_memory>
        ) -> CInt
    private typealias Utilization =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<cnvml_utilization>
        ) -> CInt
    private typealias Numbered =
        @convention(c) (
            UnsafeMutableRawPointer, UInt32, UnsafeMutablePointer<UInt32>
        ) -> CInt
    private typealias Reasons =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<UInt64>
        ) -> CInt
    private typealias Fields =
        @convention(c) (
            UnsafeMutableRawPointer, CInt, UnsafeMutablePointer<cnvml_field>
        ) -> CInt

    /// Errors of the memory, rows and pages, and what the driver asks for (C: `NVML_FI_DEV_...`).
    private static var fields: [(number: UInt32, name: StaticString)] {
        [
            (4, "dbe"), (29, "retired-sbe"), (30, "retired-dbe"), (31, "retired-pending"),
            (143, "remapped"), (144, "remap-pending"), (145, "remap-failure"), (230, "recovery"),
        ]
    }

    /// Writes what there is. What the device does not know is left out; throws when the device itself does not work.
    func write(into line: inout AnswerLine) throws(NVMLFailure) {
        var memory = cnvml_memory()
        if try library.ask("nvmlDeviceGetMemoryInfo", Memory.self, { $0(device, &memory) }) {
            line.add("memory-total", memory.total)
            line.add("memory-used", memory.used)
        }
        var used = cnvml_utilization()
        if try library.ask("nvmlDeviceGetUtilizationRates", Utilization.self, { $0(device, &used) })
        {
            line.add("utilisation", UInt64(used.gpu))
        }
        // C: NVML_TEMPERATURE_GPU, and NVML_TEMPERATURE_THRESHOLD_SLOWDOWN.
        if let degrees = try number("nvmlDeviceGetTemperature", 0) {
            line.add("temperature", degrees)
        }
        if let degrees = try number("nvmlDeviceGetTemperatureThreshold", 1) {
            line.add("slowdown", degrees)
        }
        if let reasons = try reasons() { line.add("reasons", reasons) }
        for field in Self.fields {
            if let value = try value(of: field.number) { line.add(field.name, value) }
        }
    }

    private func number(
        _ name: StaticString, _ which: UInt32
    ) throws(NVMLFailure) -> UInt64? {
        var number: UInt32 = 0
        return try library.ask(name, Numbered.self) { $0(device, which, &number) }
            ? UInt64(number) : nil
    }

    /// Why the clocks are lower than they could be; drivers before 535 have the older name.
    private func reasons() throws(NVMLFailure) -> UInt64? {
        var reasons: UInt64 = 0
        let isNew = try library.ask("nvmlDeviceGetCurrentClocksEventReasons", Reasons.self) {
            $0(device, &reasons)
        }
        if isNew { return reasons }
        let isOld = try library.ask("nvmlDeviceGetCurrentClocksThrottleReasons", Reasons.self) {
            $0(device, &reasons)
        }
        return isOld ? reasons : nil
    }

    /// One field. Drivers answer differently for one that they do not know: only a loss is an error. Each is asked alone, so
    /// that an unknown one does not take the others with it.
    private func value(of field: UInt32) throws(NVMLFailure) -> UInt64? {
        var place = cnvml_field()
        place.field = field
        let call: StaticString = "nvmlDeviceGetFieldValues"
        let whole = library.status(call, Fields.self) { $0(device, 1, &place) }
        let status = whole == .success ? NVMLStatus(rawValue: place.result) : whole
        if status.isLoss { throw NVMLFailure(call: call, status: status) }
        return status == .success ? Self.number(place) : nil
    }

    /// The value by its type (C: `nvmlValueType_t`); none of these fields is negative or has a fraction.
    private static func number(_ field: cnvml_field) -> UInt64? {
        switch field.type {
        case 1: field.bits & 0xffff_ffff
        case 2, 3: field.bits
        case 4: Int64(bitPattern: field.bits) < 0 ? nil : field.bits
        case 5: field.bits & 0x8000_0000 == 0 ? field.bits & 0xffff_ffff : nil
        case 6: field.bits & 0xffff
        default: nil
        }
    }
}
