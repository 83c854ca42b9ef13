// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GGUF
import HostMemory
import SystemIO
import TestSupport
import Testing

@testable import Models

@Suite("A model file")
struct ModelFileTests {
    private func openingError(_ path: String, headerLimit: Int = 1 << 20) -> ModelError? {
        do throws(ModelError) {
            _ = try ModelFile(opening: path, headerLimit: headerLimit)
            return nil
        } catch {
            return error
        }
    }

    private func contents(of model: ModelFile) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(model.fileSize) + 1)
        let count = try bytes.withUnsafeMutableBytes { try model.read(into: $0, at: 0) }
        return Array(bytes.prefix(count))
    }

    @Test("The demo model is made in memory, opened and mapped, without a folder")
    func demo() throws {
        let path = try DemoFile.make()
        let model = try ModelFile(opening: path)
        #expect(model.path == path && path.hasPrefix("/proc/self/fd/"))
        #expect(model.name == DemoModel.name)
        #expect(model.architecture == "demo")
        #expect(model.tensorCount == 2)
        #expect(model.fileSize == UInt64(DemoModel.bytes.count))
        #expect(try contents(of: model) == DemoModel.bytes)
    }

    @Test("A model stays readable after its file was replaced and removed")
    func outlivesItsName() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(DemoModel.bytes, to: "m.gguf")
        let model = try ModelFile(opening: path)
        try folder.remove("m.gguf")
        #expect(try contents(of: model) == DemoModel.bytes)
        #expect(openingError(path) == .notFound(places: [path]))
    }

    @Test("A file that was truncated after it was mapped does no harm until it is read")
    func truncatedAfterwards() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(DemoModel.bytes, to: "m.gguf")
        let model = try ModelFile(opening: path)
        #expect(truncate(path, 0) == 0)
        #expect(model.tensorCount == 2)
        #expect(openingError(path) == .empty(path: path))
    }

    @Test("What is not a regular file is rejected, and a FIFO does not block the runtime")
    func notRegular() throws {
        let folder = try TemporaryFolder()
        #expect(
            openingError(folder.path) == .notRegularFile(path: folder.path, kind: .directory))
        let fifo = folder.path + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(openingError(fifo) == .notRegularFile(path: fifo, kind: .fifo))
        #expect(
            openingError("/dev/null")
                == .notRegularFile(path: "/dev/null", kind: .characterDevice))
    }

    @Test("Missing files, files as folders and NUL in a path are told apart")
    func paths() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("x", to: "file")
        #expect(openingError(file + "/m") == .notFound(places: [file + "/m"]))
        #expect(openingError("") == .notFound(places: [""]))
        #expect(openingError(file + "\0.gguf") == .invalidPath(file + "\0.gguf"))
    }

    @Test("A failed system call becomes the error that a person knows")
    func systemCalls() {
        let failures: [(Errno, ModelError)] = [
            (.noSuchFile, .notFound(places: ["p"])),
            (.notADirectory, .notFound(places: ["p"])),
            (.permissionDenied, .permissionDenied(path: "p")),
            (.notPermitted, .permissionDenied(path: "p")),
            (
                .tooManyOpenFiles,
                .system(path: "p", SystemCallError("open", .tooManyOpenFiles))
            ),
        ]
        for (errno, expected) in failures {
            #expect(ModelError(path: "p", SystemCallError("open", errno)) == expected)
        }
    }

    @Test("A truncated file is rejected, and the error names it")
    func truncated() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(DemoModel.bytes.dropLast(100), to: "m.gguf")
        let error = try #require(openingError(path))
        let size = UInt64(DemoModel.bytes.count)
        #expect(
            error
                == .invalid(
                    path: path,
                    .tensorOutsideFile(
                        tensor: "token_embd.weight", end: size - 32, fileSize: size - 100)))
        #expect(error.text.hasPrefix(path + ": truncated or corrupt: "))
    }

    @Test("A header of many pages is read whole, and the limit holds")
    func longHeader() throws {
        let folder = try TemporaryFolder()
        let bytes = ggufFile(tensors: 1, metadata: 1, data: 128) { writer in
            writer.appendKey("tokens", .array)
            writer.appendArray(of: .string, count: 50_000)
            for token in 0..<50_000 { writer.append("token\(token)") }
            writer.appendTensor("t", [32], offset: 0)
        }
        let path = try folder.write(bytes, to: "m.gguf")
        #expect(try ModelFile(opening: path).tensorCount == 1)
        #expect(openingError(path, headerLimit: bytes.count) == nil)
        #expect(
            openingError(path, headerLimit: 100_000)
                == .invalid(path: path, .headerTooLong(limit: 100_000)))
        #expect(
            openingError(path, headerLimit: 0) == .invalid(path: path, .headerTooLong(limit: 0)))
    }

    @Test("A change of the file behind a mapping is noticed, also when it has lost its name")
    func looks() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(DemoModel.bytes, to: "m.gguf")
        let model = try ModelFile(opening: path)
        #expect(try model.currentStatuses() == model.statuses)
        try model.recheckHeaders()

        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try folder.remove("m.gguf")
        try handle.write(contentsOf: Array("GGML".utf8))
        let beginning = GGUFBeginning(Array("GGML".utf8) + DemoModel.bytes.dropFirst(4))
        #expect(throws: ModelError.overwritten(path: path, .wrongMagic(beginning))) {
            try model.recheckHeaders()
        }
        try handle.truncate(atOffset: 100)
        #expect(
            throws: ModelError.truncated(path: path, found: 100, expected: model.fileSize)
        ) { _ = try model.currentStatuses() }
        #expect(try contents(of: model).count == 100)
    }

    @Test(
        "A file that does not fit into memory is rejected with both numbers, a bad one with its fault"
    )
    func noRoom() throws {
        // Not a temporary folder, which may be memory itself.
        let folder = try TemporaryFolder(in: FileManager.default.currentDirectoryPath + "/.build")
        let path = try folder.write(DemoModel.bytes, to: "m.gguf")
        let refused = ModelError.noRoom(
            path: path, needed: 9_771_050_599,
            available: MemorySample(availableBytes: 7628 << 20, source: .host))
        #expect(refused.reason == "needs 9.2 GiB, 7.4 GiB available")
        #expect(refused.text == path + ": needs 9.2 GiB, 7.4 GiB available (host)")
        var asked: [UInt64] = []
        #expect(throws: refused) {
            _ = try ModelFile(opening: path) { (size) throws(ModelError) in
                asked.append(size)
                throw refused
            }
        }
        #expect(asked == [UInt64(DemoModel.bytes.count)])
        let bad = try folder.write(DemoModel.bytes.dropLast(), to: "bad.gguf")
        #expect(throws: Never.self) {
            do throws(ModelError) {
                _ = try ModelFile(opening: bad) { (_) throws(ModelError) in throw refused }
            } catch .invalid {}
        }
    }

    @Test("A file in memory needs no further memory")
    func inMemory() throws {
        let folder = try TemporaryFolder(in: "/dev/shm")
        let path = try folder.write(DemoModel.bytes, to: "m.gguf")
        #expect(try FileDescriptor.open(path).isInMemory())
        #expect(throws: Never.self) {
            _ = try ModelFile(opening: path) { (_) throws(ModelError) in throw .empty(path: path) }
        }
    }

    @Test("A warm-up reads all of the file, and ends where a truncated one does")
    func warmUp() throws {
        let folder = try TemporaryFolder()
        let data = ggufFile(tensors: 1, data: 10 << 20) { $0.appendTensor("t", [1], offset: 0) }
        let path = try folder.write(data, to: "m.gguf")
        var whole = ModelWarmUp(try ModelFile(opening: path))
        let steps = [whole.step(), whole.step(), whole.step()]
        #expect(steps == [.more, .more, .finished])
        #expect(whole.bytesRead == UInt64(data.count))

        var cut = ModelWarmUp(try ModelFile(opening: path))
        let first = cut.step()
        #expect(first == .more)
        #expect(truncate(path, 5 << 20) == 0)
        let second = cut.step()
        #expect(
            second
                == .failed(
                    .truncated(path: path, found: 5 << 20, expected: UInt64(data.count))))
    }

    @Test("A file that becomes shorter while it is read is noticed")
    func shrinks() throws {
        let folder = try TemporaryFolder()
        let descriptor = try FileDescriptor.open(folder.write("0123456789", to: "f"))
        var prefix = FilePrefix()
        #expect(try prefix.extend(to: 10, from: descriptor))
        #expect(try !prefix.extend(to: 11, from: descriptor))
    }
}
