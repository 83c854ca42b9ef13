// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Elements in an array, each under a key that is never given to another one. Inserting and removing take constant time,
/// and the slot of an element that was removed is used again.
///
/// Public, not package: the compiler makes no code of its own for each kind of element of a generic type that is package, and
/// looks up metadata at each access. That was a twentieth of a check over TCP.
public struct SlotMap<Element> {
    @usableFromInline struct Slot {
        @usableFromInline var element: Element?
        @usableFromInline var generation: UInt32 = 0

        @inlinable init(_ element: Element) { self.element = element }
    }

    @usableFromInline var slots: [Slot] = []
    @usableFromInline var freeSlots: [Int] = []

    /// An empty one.
    @inlinable public init() {}

    /// How many elements there are.
    @inlinable public var count: Int { slots.count - freeSlots.count }

    /// One more than the highest slot that was ever used.
    @inlinable public var endSlot: Int { slots.count }

    /// Adds an element.
    @inlinable public mutating func insert(_ element: Element) -> SlotKey {
        guard let slot = freeSlots.popLast() else {
            slots.append(Slot(element))
            return SlotKey(slot: slots.count - 1, generation: 0)
        }
        slots[slot].element = element
        return SlotKey(slot: slot, generation: slots[slot].generation)
    }

    /// Takes out an element; nil when it was taken out before.
    @inlinable @discardableResult public mutating func remove(_ key: SlotKey) -> Element? {
        contains(key) ? remove(slot: key.slot) : nil
    }

    /// Takes out the element of a slot; nil when it has none.
    @inlinable @discardableResult public mutating func remove(slot: Int) -> Element? {
        guard let element = slots[slot].element.take() else { return nil }
        slots[slot].generation &+= 1
        freeSlots.append(slot)
        return element
    }

    /// Whether the element of the key was not taken out yet.
    @inlinable public func contains(_ key: SlotKey) -> Bool {
        key.slot < slots.count && slots[key.slot].generation == key.generation
            && slots[key.slot].element != nil
    }

    /// The element of a key; nil when it was taken out.
    @inlinable public subscript(key: SlotKey) -> Element? {
        guard key.slot < slots.count, slots[key.slot].generation == key.generation else {
            return nil
        }
        return slots[key.slot].element
    }

    /// The key of the element of a slot below ``endSlot``; nil when it has none.
    @inlinable public func key(slot: Int) -> SlotKey? {
        guard slots[slot].element != nil else { return nil }
        return SlotKey(slot: slot, generation: slots[slot].generation)
    }

    /// The element of a slot below ``endSlot``; nil when it has none. What is set here takes the place of an element.
    @inlinable public subscript(slot slot: Int) -> Element? {
        get { slots[slot].element }
        // Not _modify: without optimization it allocates, and a loop without memory must not crash here.
        set {
            assert(slots[slot].element != nil && newValue != nil)
            slots[slot].element = newValue
        }
    }

    /// Calls `body` with each element, by slot.
    @inlinable public func visit(_ body: (Element) -> Void) {
        for slot in slots {
            if let element = slot.element { body(element) }
        }
    }
}

/// Names an element of a ``SlotMap``: a slot, and how often that was used before.
public struct SlotKey: Hashable, Sendable {
    /// The number of the slot in the low half, its generation in the high half.
    public let rawValue: UInt64

    /// The key that has this value.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The key of a slot that was used so often before.
    @inlinable public init(slot: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: slot))
    }

    /// The slot: what has it beside the key's element comes before or after that.
    @inlinable public var slot: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }

    /// How often its slot was used before.
    @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}
