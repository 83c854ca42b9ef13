// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CDescriptors
import GRPCWire
import ProtobufWire

/// A `google.protobuf.FileDescriptorSet`: the files that `protoc --include_imports --descriptor_set_out` has written.
package struct DescriptorSet: Sendable {
    private let bytes: [UInt8]

    /// Takes a set as it was encoded. Throws when it is none, when a file of it imports one that is not there, or when two
    /// files of it have one name.
    package init(_ bytes: [UInt8]) throws(DescriptorSetError) {
        self.bytes = bytes
        let files = try files { _, _ in true }
        if files.isEmpty { throw DescriptorSetError("the set of descriptors has no file") }
        var names: Set<String> = []
        for file in files {
            if file.name.isEmpty { throw DescriptorSetError("a file of the set has no name") }
            if !names.insert(file.name).inserted {
                throw DescriptorSetError("the set has two files \(file.name)")
            }
        }
        for file in files {
            for name in file.imports where !names.contains(name) {
                throw DescriptorSetError(
                    "\(file.name) imports \(name), which is not in the set: use --include_imports of protoc"
                )
            }
        }
    }

    private init(checked bytes: [UInt8]) { self.bytes = bytes }

    /// What is under Protos.
    package static let own = DescriptorSet(
        checked: Array(
            UnsafeRawBufferPointer(start: cdescriptors_start(), count: cdescriptors_count())))

    /// The files, with what is served of them.
    func files(
        isServed: (_ service: String, _ method: String) -> Bool
    ) throws(DescriptorSetError) -> [DescribedFile] {
        try bytes.withUnsafeBufferPointer { bytes throws(DescriptorSetError) in
            var files: [DescribedFile] = []
            var reader = FieldReader(UnsafeRawBufferPointer(bytes), maxFields: bytes.count)
            while let field = try Self.next(&reader) {
                files.append(try DescribedFile(field, isServed: isServed))
            }
            return files
        }
    }

    /// The next file.
    private static func next(
        _ reader: inout FieldReader
    ) throws(DescriptorSetError) -> UnsafeRawBufferPointer? {
        do throws(Status) {
            while let field = try reader.next() {
                if field.number == 1 { return try field.bytes() }
            }
            return nil
        } catch {
            throw DescriptorSetError("the bytes are no google.protobuf.FileDescriptorSet")
        }
    }
}
