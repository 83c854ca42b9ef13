// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SystemIO

@Suite("A file's status and contents")
struct FileStatusTests {
    private func temporaryFile(_ contents: String) throws -> String {
        let path = NSTemporaryDirectory() + "vitals-" + UUID().uuidString
        try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("Kinds and sizes are told by name and by descriptor")
    func kinds() throws {
        let path = try temporaryFile("12345")
        defer { unlink(path) }
        let status = try FileStatus.of(path)
        #expect(status.kind == .regular && status.size == 5)
        #expect(try FileDescriptor.openWithoutWaiting(path).status() == status)
        #expect(try FileStatus.of("/").kind == .directory)
        #expect(try FileStatus.of("/dev/null").kind == .characterDevice)
        #expect(throws: SystemCallError("stat", .noSuchFile)) { try FileStatus.of(path + "x") }
    }

    @Test("Reading at an offset moves nothing, and beyond the end is the end")
    func readAt() throws {
        let path = try temporaryFile("12345")
        defer { unlink(path) }
        let descriptor = try FileDescriptor.open(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
        defer { buffer.deallocate() }
        for _ in 0..<2 {
            #expect(try descriptor.read(into: buffer, at: 3) == .bytes(2))
            #expect(Array(buffer.prefix(2)) == Array("45".utf8))
        }
        #expect(try descriptor.read(into: buffer, at: 5) == .endOfFile)
        #expect(try descriptor.read(into: buffer, at: .max) == .endOfFile)
    }

    @Test("A mapping has the file's bytes, and outlives the descriptor")
    func mapping() throws {
        let path = try temporaryFile("12345")
        defer { unlink(path) }
        let mapping = try FileMapping.map(.open(path), count: 5)
        #expect(mapping.withBytes { String(decoding: $0, as: UTF8.self) } == "12345")
        #expect(throws: SystemCallError("mmap", .invalidArgument)) {
            _ = try FileMapping.map(.open(path), count: 0)
        }
    }
}
