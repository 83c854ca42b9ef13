// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import TestSupport
import Testing

@testable import Models

@Suite("Models in several files, and files that are not models")
struct SplitModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A part, numbered from 1, with one tensor of 32 bytes.
    private func part(
        _ number: UInt16, of count: UInt16, tensor: String? = nil, total: UInt32? = nil,
        data: Int = 32
    ) -> [UInt8] {
        ggufFile(tensors: 1, metadata: 3, data: data) { writer in
            writer.appendKey("split.no", .uint16)
            writer.append(number - 1)
            writer.appendKey("split.count", .uint16)
            writer.append(count)
            writer.appendKey("split.tensors.count", .int32)
            writer.append(total ?? UInt32(count))
            writer.appendTensor(tensor ?? "t\(number)", [8], offset: 0)
        }
    }

    @discardableResult
    private func put(_ bytes: [UInt8], _ number: Int, of count: Int = 3) throws -> String {
        try folder.write(bytes, to: "m" + ModelParts.suffix(number, of: count))
    }

    /// What opening the first of three parts comes to.
    private func failure(_ path: String? = nil) -> String? {
        let first = path ?? folder.path + "/m" + ModelParts.suffix(1, of: 3)
        do throws(ModelError) {
            _ = try ModelFile(opening: first)
            return nil
        } catch {
            let text = error.text
            return text.hasPrefix(folder.path + "/")
                ? String(text.dropFirst(folder.path.count + 1)) : text
        }
    }

    @Test("All parts are opened and counted, and read as one")
    func whole() throws {
        let parts = (1...3).map { part(UInt16($0), of: 3) }
        for (index, bytes) in parts.enumerated() { try put(bytes, index + 1) }
        let model = try ModelFile(opening: folder.path + "/m-00001-of-00003.gguf")
        #expect(model.tensorCount == 3 && model.statuses.count == 3)
        #expect(model.fileSize == UInt64(parts.joined().count))
        var warmUp = ModelWarmUp(model)
        #expect(warmUp.step() == .finished && warmUp.bytesRead == model.fileSize)
    }

    @Test(
        "A part that is missing, truncated, misplaced or from another model is rejected and named")
    func broken() throws {
        for number in 1...3 { try put(part(UInt16(number), of: 3), number) }
        #expect(failure() == nil)
        #expect(
            failure(folder.path + "/m-00002-of-00003.gguf")
                == "m-00002-of-00003.gguf: it is part 2 of 3: name the first part")
        try put(part(3, of: 3), 2)
        #expect(failure() == "m-00002-of-00003.gguf: it is part 3 of 3, expected part 2 of 3")
        try put(part(2, of: 4), 2)
        #expect(failure() == "m-00002-of-00003.gguf: it is part 2 of 4, expected part 2 of 3")
        try put(DemoModel.bytes, 2)
        #expect(failure() == "m-00002-of-00003.gguf: it is not a part, expected part 2 of 3")
        try put(part(2, of: 3, tensor: "t1"), 2)
        #expect(
            failure()
                == "m-00002-of-00003.gguf: it has tensor \"t1\", and another part has it too: it belongs to another model"
        )
        try put(part(2, of: 3, data: 31), 2)
        #expect(failure()?.hasPrefix("m-00002-of-00003.gguf: truncated or corrupt") == true)
        try folder.remove("m-00002-of-00003.gguf")
        #expect(failure() == "m-00002-of-00003.gguf: part 2 of 3 is missing")
    }

    @Test("The parts together must have the tensors that the first one counts")
    func count() throws {
        for number in 1...3 { try put(part(UInt16(number), of: 3, total: 4), number) }
        #expect(
            failure()
                == "m-00003-of-00003.gguf: the parts have 3 tensors, expected 4: one belongs to another model"
        )
    }

    @Test("Parts that were concatenated are rejected, whatever the name")
    func joined() throws {
        let all = (1...3).flatMap { part(UInt16($0), of: 3) }
        let path = try folder.write(all, to: "m.gguf")
        #expect(
            failure(path)?.hasPrefix("m.gguf: it is part 1 of 3, but its name does not end in")
                == true)
        for number in 2...3 { try put(part(UInt16(number), of: 3), number) }
        try put(all, 1)
        #expect(
            failure()?.hasSuffix("not by cat") == true
                && failure()?.contains("after the last tensor") == true)
    }

    @Test("A model is changed when any of its parts is")
    func changed() throws {
        for number in 1...3 { try put(part(UInt16(number), of: 3), number) }
        let model = try ModelFile(opening: folder.path + "/m-00001-of-00003.gguf")
        #expect(try model.currentStatuses() == model.statuses)
        try put([], 3)
        #expect(throws: ModelError.self) { try model.currentStatuses() }
        #expect(
            ModelParts.paths("x/m-00001-of-00002.gguf") == [
                "x/m-00001-of-00002.gguf", "x/m-00002-of-00002.gguf",
            ])
        for alone in [
            "m.gguf", "m-00002-of-00002.gguf", "m-1-of-2.gguf", "m-00003-of-00002.gguf",
            "-of-00002.gguf",
        ] {
            #expect(ModelParts.paths(alone) == [alone])
        }
    }

    @Test(
        "Adapters, projectors, matrices and files without tensors are not models",
        arguments: ["adapter", "mmproj", "imatrix"])
    func kinds(_ kind: String) throws {
        func model(_ key: String, _ value: String) -> [UInt8] {
            ggufFile(tensors: 1, metadata: 1, data: 32) { writer in
                writer.appendMetadata(key, value)
                writer.appendTensor("t", [8], offset: 0)
            }
        }
        let path = try folder.write(model("general.type", kind), to: "m.gguf")
        #expect(
            failure(path) == "m.gguf: not a model: general.type is \"\(kind)\", expected \"model\"")
        try folder.write(model("general.type", "model"), to: "m.gguf")
        #expect(failure(path) == nil)
        try folder.write(model("general.architecture", "clip"), to: "m.gguf")
        #expect(failure(path)?.contains("mmproj") == true)
        try folder.write(ggufFile(), to: "m.gguf")
        #expect(failure(path) == "m.gguf: not a model: the file has no tensors")
    }
}
