// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One header block as it came: a view into the batch of events that announced it.
///
/// Valid until the session receives again; what must live longer is copied out.
package struct HeaderBlock {
    /// Not retained: the batch outlives its events, and a retain for each would be a tenth of a Check.
    private let unretainedBatch: Unmanaged<HTTP2EventBatch>
    let entries: Range<Int>
    /// Fields were left out because the block is larger than the session allows.
    package let isTooLarge: Bool

    init(batch: HTTP2EventBatch, entries: Range<Int>, isTooLarge: Bool) {
        self.unretainedBatch = Unmanaged.passUnretained(batch)
        self.entries = entries
        self.isTooLarge = isTooLarge
    }

    /// Visits the fields that have one of the known names, in their order.
    @inline(__always)
    package func forEachKnown(_ body: (HeaderName, UnsafeRawBufferPointer) -> Void) {
        unretainedBatch._withUnsafeGuaranteedRef { batch in
            for index in entries where batch.kind(at: index) != .other {
                body(batch.kind(at: index), batch.value(at: index))
            }
        }
    }

    /// The value of the first field of this name; nil when there is none.
    package func value(of name: HeaderName) -> UnsafeRawBufferPointer? {
        unretainedBatch._withUnsafeGuaranteedRef { batch in
            for index in entries where batch.kind(at: index) == name {
                return batch.value(at: index)
            }
            return nil
        }
    }

    /// The number of fields.
    package var count: Int { entries.count }

    /// The name and the value of the field at `position`, counted from 0.
    package func field(
        at position: Int
    ) -> (kind: HeaderName, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let index = entries.lowerBound + position
        return unretainedBatch._withUnsafeGuaranteedRef { batch in
            (batch.kind(at: index), batch.name(at: index), batch.value(at: index))
        }
    }
}
