// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GGUF

/// A GGUF file with these parts after its 24 bytes of magic, version and counts, and `data` bytes of data.
package func ggufFile(
    version: UInt32 = 3, tensors: UInt64 = 0, metadata: UInt64 = 0, data: Int = 0,
    _ build: (inout GGUFWriter) -> Void = { _ in }
) -> [UInt8] {
    var writer = GGUFWriter()
    writer.appendHeader(version: version, tensors: tensors, metadata: metadata)
    build(&writer)
    writer.pad(to: 32)
    return writer.bytes + [UInt8](repeating: 0, count: data)
}

extension GGUFWriter {
    /// A key and its value's type; the value is the caller's.
    package mutating func appendKey(_ key: String, _ type: GGUFValueType) {
        append(key)
        append(type.rawValue)
    }

    /// What an array's elements follow.
    package mutating func appendArray(of type: GGUFValueType, count: UInt64) {
        append(type.rawValue)
        append(count)
    }
}
