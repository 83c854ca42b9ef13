// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The kernel's pressure stall information about memory (`memory.pressure`, `/proc/pressure/memory`).
enum MemoryPressure {
    /// Per cent of the latest 10 s in which every runnable task waited for memory
    /// (`full avg10`). Nil where the kernel does not have it.
    ///
    /// - Parameter groups: Our own control group first; without its figure, the host's is used.
    static func full(of groups: [ControlGroup], host: KernelFile) -> Double? {
        groups.first { $0.version == .v2 }.flatMap { full(in: $0.pressureFile) } ?? full(in: host)
    }

    private static func full(in file: KernelFile) -> Double? {
        guard let text = try? file.read() else { return nil }
        for line in text.lines {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count > 1, words[0].elementsEqual("full".utf8) else { continue }
            let name = Array("avg10=".utf8)
            guard words[1].starts(with: name) else { return nil }
            return Double(String(decoding: words[1].dropFirst(name.count), as: UTF8.self))
        }
        return nil
    }
}
