// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import SkillRuntime

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

    @Test("is opened once it is the same at two looks, and once only")
    func stable() throws {
        var change = FileChange<FileStatus>()
        let look = { change.look($0) }
        let old = try status("old")
        change.opened(old)
        #expect(!look(old))
        let growing = try status("new, half")
        let whole = try status("new, all of it")
        #expect(!look(growing))
        #expect(!look(whole))
        #expect(look(whole))
        #expect(!look(whole))
    }

    @Test("is another one when only the file behind the name is")
    func renamed() throws {
        let old = try status("same size")
        try folder.write("same size", to: "other")
        let other = try FileStatus.of(folder.path + "/other")
        #expect(old != other)
        var change = FileChange<FileStatus>()
        let look = { change.look($0) }
        change.opened(old)
        #expect(!look(other))
        #expect(look(other))
    }

    @Test("is no news when it goes, nor when the same one comes back")
    func gone() throws {
        var change = FileChange<FileStatus>()
        let look = { change.look($0) }
        let status = try status("x")
        change.opened(status)
        #expect(!look(nil))
        #expect(!look(nil))
        #expect(!look(status))
        #expect(!look(status))
    }

    @Test("is opened when there was none before")
    func appears() throws {
        var change = FileChange<FileStatus>()
        let look = { change.look($0) }
        change.opened(nil)
        let status = try status("x")
        #expect(!look(status))
        #expect(look(status))
    }
}
