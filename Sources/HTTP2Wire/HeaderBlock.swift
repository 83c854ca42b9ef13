// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One header block as it came: a view into the batch of events that announced it.
///
/// Valid until the session receives again; what must live longer is copied out.
public struct HeaderBlock {
    let batch: HTTP2EventBatch
    let entries: Range<Int>
    /// Fields were left out because the block is larger than the session allows.
    public let isTooLarge: Bool

    /// The value of the first field of this name; nil when there is none.
    public func value(of name: HeaderName) -> UnsafeRawBufferPointer? {
        for index in entries where batch.entries[index].name == name {
            return batch.value(at: index)
        }
        return nil
    }

    /// The number of fields.
    public var count: Int { entries.count }

    /// The name and the value of the field at `position`, counted from 0.
    public func field(
        at position: Int
    ) -> (kind: HeaderName, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let index = entries.lowerBound + position
        return (batch.entries[index].name, batch.name(at: index), batch.value(at: index))
    }
}
