// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a call of NVML returned (C: `nvmlReturn_t`). An open set: newer drivers have more.
struct NVMLStatus: RawRepresentable, Equatable {
    let rawValue: CInt

    static let success = NVMLStatus(rawValue: 0)
    static let invalidArgument = NVMLStatus(rawValue: 2)
    static let noPermission = NVMLStatus(rawValue: 4)
    static let timeout = NVMLStatus(rawValue: 10)
    static let libraryNotFound = NVMLStatus(rawValue: 12)
    static let functionNotFound = NVMLStatus(rawValue: 13)
    static let gpuIsLost = NVMLStatus(rawValue: 15)
    static let resetRequired = NVMLStatus(rawValue: 16)

    /// The device, or the driver, has nothing of this kind, or keeps it from us: that says nothing about its health. MIG, older
    /// cards, older drivers and virtual machines answer so.
    var isAbsence: Bool {
        switch rawValue {
        // Not supported, no permission, function not found, no data, no ECC of a virtual GPU, other version, deprecated,
        // not ready.
        case 3, 4, 13, 21, 22, 25, 26, 27: true
        default: false
        }
    }

    /// The device itself says that it does not work.
    var isLoss: Bool { self == .gpuIsLost || self == .resetRequired }

    /// The name of the constant in NVML, without `NVML_ERROR_`; nil for one that we do not know.
    var name: StaticString? {
        switch rawValue {
        case 1: "UNINITIALIZED"
        case 2: "INVALID_ARGUMENT"
        case 3: "NOT_SUPPORTED"
        case 4: "NO_PERMISSION"
        case 6: "NOT_FOUND"
        case 7: "INSUFFICIENT_SIZE"
        case 8: "INSUFFICIENT_POWER"
        case 9: "DRIVER_NOT_LOADED"
        case 10: "TIMEOUT"
        case 11: "IRQ_ISSUE"
        case 12: "LIBRARY_NOT_FOUND"
        case 13: "FUNCTION_NOT_FOUND"
        case 14: "CORRUPTED_INFOROM"
        case 15: "GPU_IS_LOST"
        case 16: "RESET_REQUIRED"
        case 17: "OPERATING_SYSTEM"
        case 18: "LIB_RM_VERSION_MISMATCH"
        case 19: "IN_USE"
        case 20: "MEMORY"
        case 23: "INSUFFICIENT_RESOURCES"
        case 28: "GPU_NOT_FOUND"
        case 29: "INVALID_STATE"
        case 999: "UNKNOWN"
        default: nil
        }
    }
}

/// A call of NVML that failed.
struct NVMLFailure: Error {
    /// The function of NVML.
    let call: StaticString
    let status: NVMLStatus
    /// What the loader says, in a line; empty for NVML's own errors.
    var text: [UInt8] = []
}
