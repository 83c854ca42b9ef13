// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

extension [PushAttribute] {
    /// What tells this process from others (OpenTelemetry semantic conventions, "Resource"). The id of the instance is new
    /// in each process: two replicas with one name would otherwise push the same series.
    package static func ofProcess(named name: String, version: String) -> [PushAttribute] {
        var attributes = [
            PushAttribute("service.name", name), PushAttribute("service.version", version),
            PushAttribute("service.instance.id", randomID()),
            PushAttribute("telemetry.sdk.name", "vitals"),
            PushAttribute("telemetry.sdk.language", "swift"),
            PushAttribute("telemetry.sdk.version", version),
        ]
        if let host = hostName() { attributes.append(PushAttribute("host.name", host)) }
        return attributes
    }

    /// A UUID of random bits (RFC 9562, version 4).
    private static func randomID() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = [UInt8]("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hostName() -> String? {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return nil }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
