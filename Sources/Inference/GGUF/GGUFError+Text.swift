// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

extension GGUFError {
    /// For a person: what was found, what was expected and where.
    package var text: String {
        switch self {
        case .wrongMagic(let found): "not a GGUF file: \(found.text)"
        case .noTensors: "not a model: the file has no tensors"
        case .notAModel(let kind):
            "not a model: general.type is \"\(String(printable: kind.utf8))\", expected \"model\""
        case .unsupportedVersion(let found): "GGUF version \(found), expected 2 or 3"
        case .bigEndian(let version):
            "a big-endian GGUF file (version \(version)), expected little-endian"
        case .truncated(let offset, let needed, let fileSize):
            "truncated: expected \(needed) bytes at byte \(offset), the file ends at \(fileSize)"
        case .tensorOutsideFile(let tensor, let end?, let fileSize):
            "truncated or corrupt: the data of tensor \"\(tensor)\" ends at byte \(end), the file at "
                + "\(fileSize)"
        case .tensorOutsideFile(let tensor, nil, let fileSize):
            "corrupt: the data of tensor \"\(tensor)\" ends beyond 2^64 bytes, the file at \(fileSize)"
        case .moreBytesNeeded(let count): "the header has at least \(count) bytes"
        case .headerTooLong(let limit): "the header is longer than the limit of \(limit) bytes"
        case .impossibleCount(let counted, let offset, let found, let atMost):
            "truncated or corrupt: \(found) \(counted.text) at byte \(offset), the rest of the file has "
                + "room for \(atMost)"
        case .absurdCount(let counted, let offset, let found, let limit):
            "corrupt: \(found) \(counted.text) at byte \(offset), expected at most \(limit)"
        case .keyLength(let offset, let found):
            "a metadata key of \(found) bytes at byte \(offset), expected 1 to \(Self.longestKey)"
        case .tensorNameLength(let offset, let found):
            "a tensor name of \(found) bytes at byte \(offset), expected 1 to "
                + "\(Self.longestTensorName)"
        case .metadata(let key, let offset, let fault):
            "metadata key \"\(key)\" at byte \(offset): \(fault.text)"
        case .tensor(let name, let offset, let fault):
            "tensor \"\(name)\" at byte \(offset): \(fault.text)"
        }
    }
}

extension GGUFError.Counted {
    fileprivate var text: String {
        switch self {
        case .tensors: "tensors"
        case .metadataKeys: "metadata keys"
        case .elements(let key): "array elements of \"\(key)\""
        }
    }
}

extension GGUFError.MetadataFault {
    fileprivate var text: String {
        switch self {
        case .duplicate: "duplicate"
        case .unknownType(let found): "unknown value type \(found), expected 0 to 12"
        case .wrongType(let found, let expected): "value type \(found), expected \(expected)"
        case .nestedTooDeep(let limit): "arrays nested more than \(limit) deep"
        case .invalidBool(let found): "boolean \(found), expected 0 or 1"
        case .notAPowerOfTwo(let found): "\(found), expected a power of two"
        }
    }
}

extension GGUFError.TensorFault {
    fileprivate var text: String {
        switch self {
        case .duplicate: "duplicate"
        case .dimensionCount(let found):
            "\(found) dimensions, expected at most \(GGUFError.mostDimensions)"
        case .unknownType(let found): "unknown type \(found)"
        case .partialBlock(let row, let block):
            "rows of \(row) numbers, expected a multiple of \(block)"
        case .tooLarge: "dimensions too large for 64 bits"
        case .misaligned(let found, let alignment):
            "data at \(found), expected a multiple of \(alignment)"
        case .overlaps(let other): "overlaps the data of tensor \"\(other)\""
        }
    }
}
