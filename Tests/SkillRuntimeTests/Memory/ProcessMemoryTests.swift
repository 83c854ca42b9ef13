// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemIO
import Testing

@testable import SkillRuntime

@Suite("The process's own memory")
struct ProcessMemoryTests {
    @Test("Anonymous and shared memory count, files that are mapped do not")
    func status() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "Name:\tskill-runtime\nVmRSS:\t 100 kB\nRssAnon:\t 7 kB\nRssFile:\t 90 kB\n"
                + "RssShmem:\t 3 kB\n", to: "proc/self/status")
        #expect(try ProcessMemory(root: folder.path).residentBytes() == 10 * 1024)
    }

    @Test("An old kernel has it in pages")
    func statm() throws {
        let folder = try TemporaryFolder()
        try folder.write("Name:\tskill-runtime\nVmRSS:\t 100 kB\n", to: "proc/self/status")
        try folder.write("765 403 374 5 0 123 0\n", to: "proc/self/statm")
        let pageSize = UInt64(sysconf(CInt(_SC_PAGESIZE)))
        #expect(try ProcessMemory(root: folder.path).residentBytes() == 29 * pageSize)
    }

    @Test("Files that are missing or strange are errors")
    func errors() throws {
        let folder = try TemporaryFolder()
        let memory = ProcessMemory(root: folder.path)
        #expect(
            throws: MemoryError.unreadable(
                path: "/proc/self/status", SystemCallError("open", .noSuchFile))
        ) { try memory.residentBytes() }
        try folder.write("Name:\tx\n", to: "proc/self/status")
        try folder.write("765 x 374\n", to: "proc/self/statm")
        #expect(throws: MemoryError.malformed(path: "/proc/self/statm")) {
            try memory.residentBytes()
        }
    }

    @Test("This process has some, and a mapped file adds nothing")
    func thisProcess() throws {
        let (path, size) = try largestMappedFile()
        let mapping = try FileMapping.map(.open(path), count: size)
        #expect(mapping.withBytes { $0.reduce(0) { $0 | $1 } } != 0)
        let own = try ProcessMemory().residentBytes()
        let all = try #require(
            KernelText("/proc/self/status", root: "").byteCount(named: "VmRSS"))
        // Other tests run at the same time, but none of them takes so much between the two reads.
        #expect(own > 0 && own + UInt64(size) / 2 < all)
    }

    /// A large file that is surely on a disk, where one in a temporary folder may be in memory: a library.
    private func largestMappedFile() throws -> (path: String, size: Int) {
        // While others map and unmap much, as under a sanitizer, a read may come out empty.
        for _ in 0..<100 {
            let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            let paths = maps.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "/").map { String(line[$0...]) }
            }
            let files = Set(paths).compactMap { path in
                (try? FileStatus.of(path)).map { (path, Int($0.size)) }
            }
            if let largest = files.max(by: { $0.1 < $1.1 }) { return largest }
            (MonotonicTime.now() + .milliseconds(10)).sleep()
        }
        throw SystemCallError("read /proc/self/maps", .inProgress)
    }
}
