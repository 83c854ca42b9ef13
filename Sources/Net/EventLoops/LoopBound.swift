// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A value that belongs to a loop, in a box that may travel: it is opened only on that loop.
///
/// Unchecked Sendable: ``value`` stops the program when another thread opens it. That is a mistake in our code; a peer
/// cannot cause it.
package struct LoopBound<Value>: @unchecked Sendable {
    /// The loop that the value belongs to.
    package let loop: EventLoop
    private let content: Value

    /// Boxes `value`; called on the loop.
    package init(_ value: Value, on loop: EventLoop) {
        self.loop = loop
        self.content = value
    }

    /// The value; only on its loop.
    package var value: Value {
        precondition(loop.isCurrent, "a value of an event loop was used on another thread")
        return content
    }
}
