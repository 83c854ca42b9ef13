// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A number that the helper tells of a device, with its name in the answer.
enum GPUNumber: String, CaseIterable {
    case memoryTotal = "memory-total"
    case memoryUsed = "memory-used"
    /// Per cent of the time.
    case utilisation
    /// Degrees Celsius.
    case temperature
    /// From how many degrees on the device slows itself down.
    case slowdown
    /// Why its clocks are lowered: bits.
    case reasons
    /// Errors of memory that could not be corrected, since the driver was loaded.
    case uncorrected = "dbe"
    case retiredForSingle = "retired-sbe"
    case retiredForDouble = "retired-dbe"
    case retirementPending = "retired-pending"
    /// Rows that were replaced for errors that could not be corrected.
    case remapped
    case remapPending = "remap-pending"
    case remapFailure = "remap-failure"
    /// What the driver asks for.
    case recovery
}

/// What NVML said in place of an answer.
struct GPUError: Equatable {
    /// NVML's name of it, without `NVML_ERROR_`; a number for a new one.
    let name: String
    /// The function of NVML.
    let call: String
    /// What the loader of libraries said.
    var text = ""
}

/// What the driver says of one device.
struct GPUReading: Equatable {
    var index: Int?
    var uuid = ""
    var name = ""
    /// What the device does not know is missing.
    var numbers: [GPUNumber: UInt64] = [:]
    /// The device does not work.
    var error: GPUError?
}

/// An answer of the helper.
struct GPUAnswer: Equatable {
    /// An Xid: an error that the driver has reported.
    struct Xid: Equatable {
        /// Its device; nil when the driver does not say which.
        let index: Int?
        let code: Int
    }

    var driver = ""
    /// Devices of the machine, also those that are not ours.
    var count = 0
    /// Devices that we have no permission for.
    var hidden = 0
    /// NVML could not be started.
    var error: GPUError?
    var devices: [GPUReading] = []
    var xids: [Xid] = []
}
