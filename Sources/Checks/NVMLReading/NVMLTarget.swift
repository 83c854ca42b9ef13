// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Which devices are read.
enum NVMLTarget {
    case all
    case index(UInt32)
    /// The UUID of a device.
    case identity([UInt8])

    private typealias ByIndex =
        @convention(c) (
            UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> CInt
    private typealias ByIdentity =
        @convention(c) (
            UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> CInt
    private typealias Text =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<CChar>, UInt32
        ) -> CInt
    private typealias Index =
        @convention(c) (
            UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>
        ) -> CInt

    /// From the argument of the program: nothing, a number or a UUID.
    init(_ argument: String?) {
        guard let argument, !argument.utf8.isEmpty else {
            self = .all
            return
        }
        if let index = UInt32(argument) {
            self = .index(index)
        } else {
            self = .identity(Array(argument.utf8))
        }
    }

    /// The devices that it names.
    func devices(
        in library: NVMLLibrary, count: UInt32
    ) throws(NVMLFailure) -> (devices: [NVMLSession.Device], hidden: Int) {
        var devices: [NVMLSession.Device] = []
        var hidden = 0
        switch self {
        case .all:
            for index in 0..<count {
                let device = try Self.device(index, library)
                // The driver counts devices that others of this machine have.
                if let failure = device.failure, failure.status == .noPermission {
                    hidden += 1
                } else {
                    devices.append(device)
                }
            }
        case .index(let index): devices.append(try Self.device(index, library))
        case .identity(let identity): devices.append(try Self.device(identity, library))
        }
        return (devices, hidden)
    }

    private static func device(
        _ index: UInt32, _ library: NVMLLibrary
    ) throws(NVMLFailure) -> NVMLSession.Device {
        var handle: UnsafeMutableRawPointer?
        let call: StaticString = "nvmlDeviceGetHandleByIndex_v2"
        let status = library.status(call, ByIndex.self) { $0(index, &handle) }
        guard status == .success, let handle else {
            let failure = NVMLFailure(call: call, status: status)
            return NVMLSession.Device(index: index, failure: failure)
        }
        return described(handle, index, library)
    }

    private static func device(
        _ identity: [UInt8], _ library: NVMLLibrary
    ) throws(NVMLFailure) -> NVMLSession.Device {
        var handle: UnsafeMutableRawPointer?
        let call: StaticString = "nvmlDeviceGetHandleByUUID"
        var text = identity.map { CChar(bitPattern: $0) }
        text.append(0)
        let status = library.status(call, ByIdentity.self) { function in
            text.withUnsafeBufferPointer { characters in
                characters.baseAddress.map { function($0, &handle) } ?? 0
            }
        }
        guard status == .success, let handle else {
            let failure = NVMLFailure(call: call, status: status)
            return NVMLSession.Device(index: nil, identity: identity, failure: failure)
        }
        var index: UInt32 = 0
        let found = library.status("nvmlDeviceGetIndex", Index.self) { $0(handle, &index) }
        return described(handle, found == .success ? index : nil, library)
    }

    /// What a device is called; asked once, since one that is lost does not answer any more.
    private static func described(
        _ handle: UnsafeMutableRawPointer, _ index: UInt32?, _ library: NVMLLibrary
    ) -> NVMLSession.Device {
        var device = NVMLSession.Device(index: index, handle: handle)
        do throws(NVMLFailure) {
            let uuid = try library.text("nvmlDeviceGetUUID", Text.self) { $0(handle, $1, $2) }
            let name = try library.text("nvmlDeviceGetName", Text.self) { $0(handle, $1, $2) }
            device.identity = uuid ?? []
            device.name = name ?? []
        } catch {
            device.failure = error
        }
        return device
    }
}
