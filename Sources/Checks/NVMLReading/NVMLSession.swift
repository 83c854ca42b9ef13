// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNVML

/// The devices that one target names, and what the driver tells of them meanwhile; from one start of NVML.
final class NVMLSession {
    /// A device, or why there is none.
    struct Device {
        let index: UInt32?
        var handle: UnsafeMutableRawPointer?
        var identity: [UInt8] = []
        var name: [UInt8] = []
        var failure: NVMLFailure?
    }

    let library: NVMLLibrary
    let driver: [UInt8]
    /// How many devices the driver has.
    let count: UInt32
    let devices: [Device]
    /// Devices that are not ours: others' in this container, for example.
    let hidden: Int
    private let events: UnsafeMutableRawPointer?

    /// More are not looked at.
    private static let deviceLimit: UInt32 = 64
    /// What is read of the queue of events at once.
    private static let eventLimit = 64

    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> CInt
    private typealias Text = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> CInt
    private typealias MakeSet =
        @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>) ->
        CInt
    private typealias FreeSet = @convention(c) (UnsafeMutableRawPointer) -> CInt
    private typealias Types =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<UInt64>
        ) -> CInt
    private typealias Register =
        @convention(c) (
            UnsafeMutableRawPointer, UInt64, UnsafeMutableRawPointer
        ) -> CInt
    private typealias Wait =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<cnvml_event>, UInt32
        ) -> CInt

    /// Starts NVML, and finds the devices.
    init(_ target: NVMLTarget) throws(NVMLFailure) {
        let library = try NVMLLibrary()
        self.library = library
        driver =
            try library.text("nvmlSystemGetDriverVersion", Text.self) { $0($1, $2) } ?? []
        count = try Self.count(library)
        let found = try target.devices(in: library, count: min(count, Self.deviceLimit))
        devices = found.devices
        hidden = found.hidden
        events = Self.watch(found.devices, library)
    }

    deinit {
        guard let events else { return }
        _ = library.status("nvmlEventSetFree", FreeSet.self) { $0(events) }
    }

    /// The driver has another number of devices than at the start.
    var hasChanged: Bool {
        get throws(NVMLFailure) { try Self.count(library) != count }
    }

    private static func count(_ library: NVMLLibrary) throws(NVMLFailure) -> UInt32 {
        var count: UInt32 = 0
        try library.check("nvmlDeviceGetCount_v2", Count.self) { $0(&count) }
        return count
    }

    // MARK: Events

    /// C: `nvmlEventTypeXidCriticalError`.
    private static let xidType: UInt64 = 8

    /// A queue of the devices' Xids; nil where there is none: virtual machines and some containers have no events.
    private static func watch(
        _ devices: [Device], _ library: NVMLLibrary
    ) -> UnsafeMutableRawPointer? {
        var set: UnsafeMutableRawPointer?
        let made = library.status("nvmlEventSetCreate", MakeSet.self) { $0(&set) }
        guard made == .success, let set else { return nil }
        for device in devices {
            guard let handle = device.handle else { continue }
            var types: UInt64 = 0
            _ = library.status("nvmlDeviceGetSupportedEventTypes", Types.self) {
                $0(handle, &types)
            }
            guard types & xidType != 0 else { continue }
            _ = library.status("nvmlDeviceRegisterEvents", Register.self) {
                $0(handle, xidType, set)
            }
        }
        return set
    }

    /// The next Xid with its device, nil for one that is none of ours; nil when there is no more.
    private func nextXid() -> (device: UInt32?, xid: UInt64)? {
        guard let events else { return nil }
        var event = cnvml_event()
        // A millisecond: what 0 does is not written anywhere.
        let wait = { (function: Wait) in function(events, &event, 1) }
        var status = library.status("nvmlEventSetWait_v2", Wait.self, wait)
        if status == .functionNotFound {
            // Drivers before 450 write the first three fields only.
            status = library.status("nvmlEventSetWait", Wait.self, wait)
        }
        guard status == .success else { return nil }
        let device = devices.first { $0.handle != nil && $0.handle == event.device }
        return (device?.index, event.type == Self.xidType ? event.data : 0)
    }

    /// Takes the Xids that have come; so many at most.
    func takeXids(_ take: (_ device: UInt32?, _ xid: UInt64) -> Void) {
        for _ in 0..<Self.eventLimit {
            guard let next = nextXid() else { return }
            if next.xid != 0 { take(next.device, next.xid) }
        }
    }
}
