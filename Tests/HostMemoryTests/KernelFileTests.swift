// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import HostMemory

@Suite("A file of the kernel's")
struct KernelFileTests {
    @Test("It is read anew without being opened again")
    func readAgain() throws {
        let folder = try TemporaryFolder()
        try folder.write("one\n", to: "proc/x")
        let file = KernelFile("/proc/x", root: folder.path)
        #expect(try file.read().line == "one")
        try folder.write("another\n", to: "proc/x")
        #expect(try file.read().line == "another")
        try folder.remove("proc/x")
        #expect(try file.read().line == "another")
    }

    @Test("A file that comes later is found, and one that is not there is an error each time")
    func later() throws {
        let folder = try TemporaryFolder()
        let file = KernelFile("/proc/x", root: folder.path)
        for _ in 0..<2 {
            #expect(throws: SystemCallError("open", .noSuchFile)) { try file.read() }
        }
        try folder.write("here\n", to: "proc/x")
        #expect(try file.read().line == "here")
    }

    @Test("It is read to its end, and not beyond 64 KiB")
    func length() throws {
        let folder = try TemporaryFolder()
        try folder.write([UInt8](repeating: 1, count: 10_000), to: "a")
        try folder.write([UInt8](repeating: 1, count: 100_000), to: "b")
        #expect(try KernelFile("/a", root: folder.path).read().bytes.count == 10_000)
        #expect(try KernelFile("/b", root: folder.path).read().bytes.count == 64 << 10)
    }
}
