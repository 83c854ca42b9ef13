// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing

@testable import Models

@Suite("A file that changes")
struct FileChangeTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/f"
    }

    private func status(_ contents: String) throws -> FileStatus {
        try folder.write(contents, to: "f")
        return try .of(path)
    }

    @Test("is opened when it is the same twice in a row, and only once")
    func stable() throws {
        var change = FileChange<FileStatus>()
        let observe = { change.observe($0) }
        let old = try status("old")
        change.opened(old)
        #expect(!observe(old))
        let growing = try status("new, half")
        let whole = try status("new, all of it")
        #expect(!observe(growing))
        #expect(!observe(whole))
        #expect(observe(whole))
        #expect(!observe(whole))
    }

    @Test("is another one when only the file behind the name is")
    func renamed() throws {
        let old = try status("same size")
        try folder.write("same size", to: "other")
        let other = try FileStatus.of(folder.path + "/other")
        #expect(old != other)
        var change = FileChange<FileStatus>()
        let observe = { change.observe($0) }
        change.opened(old)
        #expect(!observe(other))
        #expect(observe(other))
    }

    @Test("is not new when it goes, nor when the same one comes back")
    func gone() throws {
        var change = FileChange<FileStatus>()
        let observe = { change.observe($0) }
        let status = try status("x")
        change.opened(status)
        #expect(!observe(nil))
        #expect(!observe(nil))
        #expect(!observe(status))
        #expect(!observe(status))
    }

    @Test("is opened when there was none before")
    func appears() throws {
        var change = FileChange<FileStatus>()
        let observe = { change.observe($0) }
        change.opened(nil)
        let status = try status("x")
        #expect(!observe(status))
        #expect(observe(status))
    }
}
