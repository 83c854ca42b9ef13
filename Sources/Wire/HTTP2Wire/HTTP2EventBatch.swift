// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The events of one receive, in their order, and the memory behind them.
///
/// All sessions of a thread use one batch, so that an idle connection owns no buffer.
package final class HTTP2EventBatch {
    /// What the callbacks of nghttp2 fill.
    let store = UnsafeMutablePointer<EventStore>.allocate(capacity: 1)
    /// Streams that closed while an event named them.
    private var closedStreams: ContiguousArray<HTTP2Stream> = []
    /// The text of the latest GOAWAY.
    package internal(set) var debugData: [UInt8] = []

    /// An empty batch.
    package init() { store.initialize(to: EventStore()) }

    deinit {
        store.deinitialize(count: 1)
        store.deallocate()
    }

    /// The events of the latest receive; valid until the next one, or until they are forgotten.
    package var events: UnsafeBufferPointer<HTTP2Event> { store.pointee.all }

    /// Forgets the latest receive, and lets go of its streams.
    package func reset() {
        store.pointee.reset()
        if !closedStreams.isEmpty { closedStreams.removeAll() }
    }

    /// Keeps a stream that has closed as long as an event may name it. False when there is no event.
    @inline(__always)
    func keep(_ stream: HTTP2Stream) -> Bool {
        if store.pointee.isEmpty { return false }
        closedStreams.append(stream)
        return true
    }
}
