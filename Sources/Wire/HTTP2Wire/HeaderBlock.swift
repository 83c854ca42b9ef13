// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// One header block as it came: a view into the batch of events that announced it.
///
/// Valid until the session receives again; what must live longer is copied out.
package struct HeaderBlock {
    /// Where the fields are. The batch outlives its events.
    private let store: UnsafePointer<EventStore>
    let entries: Range<Int>
    /// Fields were left out because the block is larger than the session allows.
    package let isTooLarge: Bool

    /// Ends the block that is open in a store.
    @inline(__always)
    init(endIn store: UnsafeMutablePointer<EventStore>) {
        self.store = UnsafePointer(store)
        (entries, isTooLarge) = store.pointee.endBlock()
    }

    /// The next field, from `position` on, that has one of the known names; nil when there is none. Moves `position` behind it.
    package func nextKnown(
        _ position: inout Int
    ) -> (name: HeaderName, value: UnsafeRawBufferPointer)? {
        var index = entries.lowerBound &+ position
        while index < entries.upperBound {
            let name = store.pointee.kind(at: index)
            index &+= 1
            if name == .other { continue }
            position = index &- entries.lowerBound
            return (name, store.pointee.value(at: index &- 1))
        }
        return nil
    }

    /// The value of the first field of this name; nil when there is none.
    package func value(of name: HeaderName) -> UnsafeRawBufferPointer? {
        for index in entries where store.pointee.kind(at: index) == name {
            return store.pointee.value(at: index)
        }
        return nil
    }

    /// The number of fields.
    package var count: Int { entries.count }

    /// The name and the value of the field at `position`, counted from 0.
    package func field(
        at position: Int
    ) -> (kind: HeaderName, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        let index = entries.lowerBound + position
        return (
            store.pointee.kind(at: index), store.pointee.name(at: index),
            store.pointee.value(at: index)
        )
    }
}
