// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import GRPCWire

extension EncodedMessage {
    /// Encodes a message of protobuf-c. `Message` must be a struct that protoc-c generated (its first field is
    /// the `ProtobufCMessage` that describes it).
    package init<Message>(packing message: UnsafePointer<Message>) {
        let base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        self.init(count: protobuf_c_message_get_packed_size(base)) { place in
            guard let start = place.baseAddress else { return }
            protobuf_c_message_pack(base, start.assumingMemoryBound(to: UInt8.self))
        }
    }
}

extension ProtobufCBinaryData {
    /// The bytes, where they stand.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: len) }
}
