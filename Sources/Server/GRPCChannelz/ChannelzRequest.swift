// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

/// What a request of `grpc.channelz.v1` has: up to three numbers.
struct ChannelzRequest {
    private var numbers: [Int64] = [0, 0, 0]

    /// Results of a page at the most.
    static let maxResults = 100

    /// Reads a request. Throws INTERNAL when the bytes are none.
    init(decoding bytes: [UInt8]) throws(Status) {
        numbers = try bytes.withUnsafeBufferPointer { bytes throws(Status) in
            var numbers: [Int64] = [0, 0, 0]
            var reader = FieldReader(UnsafeRawBufferPointer(bytes), maxFields: 16)
            while let field = try reader.next() {
                guard (1...3).contains(field.number) else { continue }
                numbers[Int(field.number) - 1] = try field.int64()
            }
            return numbers
        }
    }

    /// The number in a field.
    subscript(field: Int) -> Int64 { numbers[field - 1] }

    /// How many results are wanted, by the number in a field. Throws when it is negative.
    func limit(_ field: Int) throws(Status) -> Int {
        guard self[field] >= 0 else {
            throw Status(.invalidArgument, "max_results is negative")
        }
        return self[field] == 0 ? Self.maxResults : Int(min(self[field], Int64(Self.maxResults)))
    }
}
