// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Elements in the order in which they came. Public for the reason of ``SlotMap``.
public struct Queue<Element> {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var first = 0

    /// An empty one.
    @inlinable public init() {}

    /// How many elements there are.
    @inlinable public var count: Int { elements.count - first }

    /// Adds an element at the end.
    @inlinable public mutating func append(_ element: Element) { elements.append(element) }

    /// Takes the oldest element out.
    @inlinable public mutating func popFirst() -> Element? {
        guard first < elements.count else { return nil }
        let element = elements[first]
        first += 1
        // Not one by one: that would move all the others each time.
        if first * 2 >= elements.count {
            elements.removeFirst(first)
            first = 0
        }
        return element
    }
}
