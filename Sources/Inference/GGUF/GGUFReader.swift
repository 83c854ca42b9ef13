// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Reads a header from its start to its end. Every number of the file is checked before it is used.
struct GGUFReader {
    private var cursor: GGUFCursor
    private var metadata = GGUFMetadata()

    private static let magic = Array("GGUF".utf8)
    private static let deepestArray = 8
    // A name of one byte, no dimensions, a type and an offset; a key of one byte with a value of one byte.
    private static let smallestTensor: UInt64 = 8 + 1 + 4 + 4 + 8
    private static let smallestMetadata: UInt64 = 8 + 1 + 4 + 1

    init(_ bytes: UnsafeRawBufferPointer, fileSize: UInt64) {
        self.cursor = GGUFCursor(bytes, fileSize: fileSize)
    }

    mutating func read() throws(GGUFError) -> GGUFHeader {
        let version = try readVersion()
        let tensorOffset = cursor.offset
        let tensorCount = try cursor.integer(UInt64.self)
        let keyOffset = cursor.offset
        metadata.count = try cursor.integer(UInt64.self)
        try check(tensorCount, .tensors, size: Self.smallestTensor, at: tensorOffset)
        try check(metadata.count, .metadataKeys, size: Self.smallestMetadata, at: keyOffset)
        guard tensorCount <= GGUFError.mostTensors else {
            throw .absurdCount(
                .tensors, offset: tensorOffset, found: tensorCount, limit: GGUFError.mostTensors)
        }
        guard metadata.count <= GGUFError.mostKeys else {
            throw .absurdCount(
                .metadataKeys, offset: keyOffset, found: metadata.count, limit: GGUFError.mostKeys)
        }
        try readMetadata()
        let tensors = try readTensors(tensorCount)
        let dataStart = try checkPlaces(of: tensors)
        try checkOverlaps(of: tensors, dataStart: dataStart)
        return GGUFHeader(
            version: version, metadata: metadata, tensors: tensors, dataStart: dataStart)
    }

    private mutating func readVersion() throws(GGUFError) -> UInt32 {
        let beginning = cursor.beginning(GGUFBeginning.longest)
        // A file with fewer than four bytes is truncated if they are the right ones.
        guard beginning.prefix(4).elementsEqual(Self.magic.prefix(beginning.count)) else {
            throw .wrongMagic(GGUFBeginning(beginning))
        }
        _ = try cursor.take(UInt64(Self.magic.count))
        let version = try cursor.integer(UInt32.self)
        switch (version, version.byteSwapped) {
        case (2...3, _): return version
        // The magic is the same in both byte orders; the version is the first field that differs.
        case (_, 1...3): throw .bigEndian(version: version.byteSwapped)
        default: throw .unsupportedVersion(version)
        }
    }

    /// Throws when the rest of the file has no room for `count` items of at least `size` bytes.
    private func check(
        _ count: UInt64, _ counted: @autoclosure () -> GGUFError.Counted, size: UInt64,
        at offset: UInt64
    ) throws(GGUFError) {
        let atMost = cursor.remaining / size
        guard count <= atMost else {
            throw .impossibleCount(counted(), offset: offset, found: count, atMost: atMost)
        }
    }

    // MARK: Metadata

    private mutating func readMetadata() throws(GGUFError) {
        var seen: Set<GGUFName> = []
        for _ in 0..<metadata.count {
            let offset = cursor.offset
            let key = try readKey()
            guard seen.insert(key).inserted else {
                throw .metadata(key: key.printable, offset: offset, .duplicate)
            }
            let typeOffset = cursor.offset
            let type = try readType(of: key)
            try readValue(of: key, type, at: typeOffset)
        }
    }

    private mutating func readValue(
        of key: GGUFName, _ type: GGUFValueType, at offset: UInt64
    ) throws(GGUFError) {
        if key.isEqual(to: "general.name") {
            metadata.name = try readText(of: key, type, at: offset)
        } else if key.isEqual(to: "general.architecture") {
            metadata.architecture = try readText(of: key, type, at: offset)
        } else if key.isEqual(to: "general.type") {
            metadata.kind = try readText(of: key, type, at: offset)
        } else if key.isEqual(to: "general.alignment") {
            metadata.alignment = try readAlignment(of: key, type, at: offset)
        } else if key.isEqual(to: "split.no") {
            metadata.split.number = try readCount(of: key, type, at: offset)
        } else if key.isEqual(to: "split.count") {
            metadata.split.count = try readCount(of: key, type, at: offset)
        } else if key.isEqual(to: "split.tensors.count") {
            metadata.split.tensorCount = try readCount(of: key, type, at: offset)
        } else {
            try skip(type, of: key, depth: 0)
        }
    }

    private mutating func readKey() throws(GGUFError) -> GGUFName {
        let offset = cursor.offset
        let length = try cursor.integer(UInt64.self)
        guard (1...GGUFError.longestKey).contains(length) else {
            throw .keyLength(offset: offset, found: length)
        }
        return GGUFName(bytes: try cursor.take(length))
    }

    private mutating func readType(of key: GGUFName) throws(GGUFError) -> GGUFValueType {
        let offset = cursor.offset
        let raw = try cursor.integer(UInt32.self)
        guard let type = GGUFValueType(rawValue: raw) else {
            throw .metadata(key: key.printable, offset: offset, .unknownType(raw))
        }
        return type
    }

    private mutating func readText(
        of key: GGUFName, _ type: GGUFValueType, at offset: UInt64
    ) throws(GGUFError) -> String {
        guard type == .string else {
            throw .metadata(
                key: key.printable, offset: offset, .wrongType(found: type, expected: .string))
        }
        let bytes = try cursor.string()
        return String(decoding: bytes.prefix(1024), as: UTF8.self)
    }

    /// A count: writers use two, four or eight bytes, signed or not.
    private mutating func readCount(
        of key: GGUFName, _ type: GGUFValueType, at offset: UInt64
    ) throws(GGUFError) -> UInt64 {
        switch type {
        case .uint16, .int16: UInt64(try cursor.integer(UInt16.self))
        case .uint32, .int32: UInt64(try cursor.integer(UInt32.self))
        case .uint64, .int64: try cursor.integer(UInt64.self)
        default:
            throw .metadata(
                key: key.printable, offset: offset, .wrongType(found: type, expected: .uint16))
        }
    }

    private mutating func readAlignment(
        of key: GGUFName, _ type: GGUFValueType, at typeOffset: UInt64
    ) throws(GGUFError) -> UInt64 {
        guard type == .uint32 else {
            throw .metadata(
                key: key.printable, offset: typeOffset,
                .wrongType(found: type, expected: .uint32))
        }
        let offset = cursor.offset
        let alignment = try cursor.integer(UInt32.self)
        guard alignment.nonzeroBitCount == 1 else {
            throw .metadata(key: key.printable, offset: offset, .notAPowerOfTwo(alignment))
        }
        return UInt64(alignment)
    }

    private mutating func skip(
        _ type: GGUFValueType, of key: GGUFName, depth: Int
    ) throws(GGUFError) {
        switch type {
        case .bool: try skipBools(1, of: key)
        case .string: _ = try cursor.string()
        case .array: try skipArray(of: key, depth: depth + 1)
        default: _ = try cursor.take(type.leastByteCount)
        }
    }

    private mutating func skipArray(of key: GGUFName, depth: Int) throws(GGUFError) {
        guard depth <= Self.deepestArray else {
            throw .metadata(
                key: key.printable, offset: cursor.offset,
                .nestedTooDeep(limit: Self.deepestArray))
        }
        let element = try readType(of: key)
        let offset = cursor.offset
        let count = try cursor.integer(UInt64.self)
        let size = element.leastByteCount
        try check(count, .elements(key: key.printable), size: size, at: offset)
        switch element {
        case .bool: try skipBools(count, of: key)
        case .string, .array:
            for _ in 0..<count { try skip(element, of: key, depth: depth) }
        default: _ = try cursor.take(count * size)  // does not overflow: it was checked above
        }
    }

    private mutating func skipBools(_ count: UInt64, of key: GGUFName) throws(GGUFError) {
        let offset = cursor.offset
        let bytes = try cursor.take(count)
        if let index = bytes.firstIndex(where: { $0 > 1 }) {
            throw .metadata(
                key: key.printable, offset: offset + UInt64(index), .invalidBool(bytes[index]))
        }
    }

    // MARK: Tensors

    private mutating func readTensors(_ count: UInt64) throws(GGUFError) -> [GGUFTensor] {
        var seen: Set<GGUFName> = []
        var tensors: [GGUFTensor] = []
        for _ in 0..<count {
            let offset = cursor.offset
            let name = try readTensorName()
            guard seen.insert(name).inserted else {
                throw .tensor(name.printable, offset: offset, .duplicate)
            }
            tensors.append(try readTensor(named: name, at: offset))
        }
        return tensors
    }

    private mutating func readTensorName() throws(GGUFError) -> GGUFName {
        let offset = cursor.offset
        let length = try cursor.integer(UInt64.self)
        guard (1...GGUFError.longestTensorName).contains(length) else {
            throw .tensorNameLength(offset: offset, found: length)
        }
        return GGUFName(bytes: try cursor.take(length))
    }

    private mutating func readTensor(
        named name: GGUFName, at start: UInt64
    ) throws(GGUFError) -> GGUFTensor {
        let countOffset = cursor.offset
        let count = try cursor.integer(UInt32.self)
        guard count <= GGUFError.mostDimensions else {
            throw .tensor(name.printable, offset: countOffset, .dimensionCount(count))
        }
        var dimensions: [UInt64] = []
        for _ in 0..<count { dimensions.append(try cursor.integer(UInt64.self)) }
        let typeOffset = cursor.offset
        let raw = try cursor.integer(UInt32.self)
        guard let type = GGMLType(rawValue: raw) else {
            throw .tensor(name.printable, offset: typeOffset, .unknownType(raw))
        }
        let row = dimensions.first ?? 1
        guard row.isMultiple(of: type.block.elements) else {
            throw .tensor(
                name.printable, offset: start,
                .partialBlock(row: row, block: type.block.elements))
        }
        guard let byteCount = type.byteCount(of: dimensions) else {
            throw .tensor(name.printable, offset: start, .tooLarge)
        }
        let placeOffset = cursor.offset
        let offset = try cursor.integer(UInt64.self)
        guard offset.isMultiple(of: metadata.alignment) else {
            throw .tensor(
                name.printable, offset: placeOffset,
                .misaligned(found: offset, alignment: metadata.alignment))
        }
        return GGUFTensor(
            name: name.string, dimensions: dimensions, type: type, offset: offset,
            byteCount: byteCount)
    }

    /// Where the data begins. Throws when a tensor is not within the file.
    private func checkPlaces(of tensors: [GGUFTensor]) throws(GGUFError) -> UInt64 {
        // The alignment is at most 2^31, and no file is long enough to overflow.
        let mask = metadata.alignment - 1
        let (sum, overflow) = cursor.offset.addingReportingOverflow(mask)
        let dataStart = overflow ? .max : sum & ~mask
        for tensor in tensors {
            let (begin, beginOverflow) = dataStart.addingReportingOverflow(tensor.offset)
            let (end, endOverflow) = begin.addingReportingOverflow(tensor.byteCount)
            let overflow = beginOverflow || endOverflow
            guard !overflow, end <= cursor.fileSize else {
                throw .tensorOutsideFile(
                    tensor: String(printable: tensor.name.utf8), end: overflow ? nil : end,
                    fileSize: cursor.fileSize)
            }
        }
        return dataStart
    }

    /// Throws when two tensors overlap. Usually they are in the order of their offsets: then nothing is sorted.
    private func checkOverlaps(
        of tensors: [GGUFTensor], dataStart: UInt64
    ) throws(GGUFError) {
        var ordered = tensors.filter { $0.byteCount > 0 }
        let followers = ordered.indices.dropFirst()
        let isOrdered = followers.allSatisfy { ordered[$0 - 1].offset <= ordered[$0].offset }
        if !isOrdered { ordered.sort { $0.offset < $1.offset } }
        for index in followers {
            let (tensor, next) = (ordered[index - 1], ordered[index])
            guard next.offset - tensor.offset < tensor.byteCount else { continue }
            throw .tensor(
                String(printable: next.name.utf8), offset: dataStart + next.offset,
                .overlaps(String(printable: tensor.name.utf8)))
        }
    }
}
