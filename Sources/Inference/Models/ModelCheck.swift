// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GGUF
import HostMemory
import Text

/// Checks the headers of a model's files one after the other: each by itself, and that they belong together. Pure.
///
/// The first file of a split model has the metadata; the others have only their number, the count and their tensors
/// (llama.cpp's `gguf-split`).
struct ModelCheck {
    private(set) var name: String?
    private(set) var architecture: String?
    private(set) var tensorCount = 0

    /// The file to open next; nil when there is none.
    private(set) var next: String?
    private var parts: ModelParts?
    private var split = GGUFSplit()
    private var number = 0
    /// The largest size that the present file may have.
    private var lastEnd = UInt64.max
    private var path: String
    /// Of a split model.
    private var tensorNames: Set<String> = []

    init(_ path: String) { self.path = path }

    /// The header of the next file.
    mutating func take(_ header: GGUFHeader) throws(ModelError) {
        number += 1
        // A writer may add padding.
        lastEnd = header.dataEnd.addingSaturated(header.alignment - 1)
        if number == 1 { try takeFirst(header) } else { try takeOther(header) }
        tensorCount += header.tensors.count
        guard split.isSplit else { return }
        for tensor in header.tensors where !tensorNames.insert(tensor.name).inserted {
            throw fault(.repeated(tensor: String(printable: tensor.name.utf8)))
        }
    }

    /// The file of that header is open, and has `size` bytes.
    mutating func opened(_ size: UInt64) throws(ModelError) {
        next = nil
        guard split.isSplit, let parts else { return }
        if size > lastEnd { throw fault(.trailing(bytes: size - lastEnd)) }
        guard number < parts.count else { return }
        path = parts.path(number + 1)
        next = path
    }

    /// The error to report when a file could not be opened.
    func explained(_ error: ModelError) -> ModelError {
        guard case .notFound = error, let parts, number > 0 else { return error }
        return fault(.missing(number: number + 1, count: parts.count))
    }

    /// All files were taken.
    func finish() throws(ModelError) {
        if let expected = split.tensorCount, expected != UInt64(tensorCount) {
            throw fault(.tensorCount(found: tensorCount, expected: expected))
        }
        if tensorCount == 0 { throw .invalid(path: path, .noTensors) }
    }

    private mutating func takeFirst(_ header: GGUFHeader) throws(ModelError) {
        try header.checkKind(path)
        name = header.name
        architecture = header.architecture
        split = header.split
        guard split.isSplit else { return }
        guard split.number == 0 else {
            throw fault(.notFirst(number: split.number + 1, count: split.count))
        }
        let parts = ModelParts(path)
        guard let parts, parts.number == 1, UInt64(parts.count) == split.count else {
            throw fault(.wrongName(count: split.count))
        }
        self.parts = parts
    }

    private func takeOther(_ header: GGUFHeader) throws(ModelError) {
        guard header.split.number == UInt64(number - 1), header.split.count == split.count,
            header.split.tensorCount == split.tensorCount
        else {
            throw fault(
                .wrongPart(found: header.split, number: number, count: Int(clamping: split.count)))
        }
    }

    private func fault(_ fault: SplitFault) -> ModelError { .split(path: path, fault) }
}

extension GGUFHeader {
    /// Throws when the file is not a model; other things use the same format.
    fileprivate func checkKind(_ path: String) throws(ModelError) {
        if let kind, kind != "model" { throw .invalid(path: path, .notAModel(kind: kind)) }
        // Projectors for images are older than `general.type`.
        if architecture == "clip" { throw .invalid(path: path, .notAModel(kind: "mmproj")) }
    }
}
