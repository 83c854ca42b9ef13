// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What the peer did. Header blocks are valid until the session receives again; bytes of a body stand in the bytes
/// that were received, and live as long as those.
package enum HTTP2Event {
    /// A request (server) or response (client) header block is complete.
    case headers(HTTP2Stream, HeaderBlock, endStream: Bool)
    /// A header block after the body; the peer sends no more on this stream.
    case trailers(HTTP2Stream, HeaderBlock)
    /// Bytes of the body. With `endStream` the peer sends no more on this stream.
    case data(HTTP2Stream, UnsafeRawBufferPointer, endStream: Bool)
    /// The stream is closed, by either side.
    case streamClosed(HTTP2Stream, HTTP2ErrorCode)
    /// The peer's SETTINGS came: from now on the connection is an HTTP/2 connection.
    case settings
    /// Our PING came back with its eight bytes.
    case pingAcknowledged(UInt64)
    /// The peer will not serve streams above `lastStreamID` (RFC 9113, 6.8).
    case goAway(lastStreamID: StreamID, HTTP2ErrorCode, debugData: [UInt8])
}

/// The events of one receive, in their order, and the memory behind them.
///
/// All sessions of a thread use one batch, so that an idle connection owns no buffer.
package final class HTTP2EventBatch {
    /// One field of a header block: where its bytes stand in the batch. Known names are not stored.
    struct Entry {
        let name: HeaderName
        let nameLength: UInt32
        let valueLength: UInt32
        let start: Int

        fileprivate func moved(by distance: Int) -> Entry {
            Entry(
                name: name, nameLength: nameLength, valueLength: valueLength,
                start: start + distance)
        }
    }

    /// A header block that began in one read and goes on in the next; its session keeps it meanwhile.
    struct OpenBlock {
        fileprivate let bytes: [UInt8]
        fileprivate let entries: [Entry]
        /// Where the bytes stood.
        fileprivate let start: Int
        fileprivate let size: Int
        fileprivate let isTooLarge: Bool
        fileprivate let ignored: HeaderNameSet
    }

    /// The events of the latest receive.
    package internal(set) var events: ContiguousArray<HTTP2Event> = []

    // Plain memory: a field comes nine times a request, and an Array would check itself each time.
    private var entries = UnsafeMutablePointer<Entry>.allocate(capacity: 256)
    private var entryCapacity = 256
    private var entryCount = 0
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    private var used = 0

    private var blockStart = 0
    private var blockSize = 0
    private var isTooLarge = false
    private var ignored = HeaderNameSet()
    private(set) var isBlockOpen = false

    /// Bytes that the header blocks of one receive may decompress to (an HPACK index is one byte on the wire).
    static let limit = 4 << 20
    /// A block that decompresses to so many times its limit is an attack: each byte of it may stand for thousands that
    /// nghttp2 checks again.
    static let mostOverLimit = 16

    /// An empty batch.
    package init() {}

    deinit {
        entries.deallocate()
        storage.deallocate()
    }

    /// Forgets the latest receive, and lets go of its streams.
    package func reset() {
        events.removeAll(keepingCapacity: true)
        entryCount = 0
        used = 0
    }

    func beginBlock(ignoring names: HeaderNameSet = HeaderNameSet()) {
        ignored = names
        blockStart = entryCount
        blockSize = 0
        isTooLarge = false
        isBlockOpen = true
    }

    /// Adds a field to the open block. False when this receive decompresses to more than ``limit``, or the block
    /// to more than ``mostOverLimit`` times its own limit.
    @inline(__always)
    func append(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, maxBlockSize: Int
    ) -> Bool {
        blockSize &+= name.count &+ value.count &+ 32
        if blockSize > maxBlockSize { isTooLarge = true }
        if isTooLarge { return blockSize <= maxBlockSize &* Self.mostOverLimit }
        let kind = HeaderName(name)
        // Of a request that is no call, everything is read.
        if kind == .method, value.first != UInt8(ascii: "P") { ignored = HeaderNameSet() }
        if ignored.contains(kind) { return true }
        let nameLength = kind == .other ? name.count : 0
        let needed = nameLength &+ value.count
        if used &+ needed > storage.count || entryCount == entryCapacity {
            guard makeRoom(for: needed) else { return false }
        }
        let place = storage.baseAddress.unsafelyUnwrapped + used
        if nameLength > 0 {
            place.copyMemory(from: name.baseAddress.unsafelyUnwrapped, byteCount: nameLength)
        }
        if value.count > 0 {
            (place + nameLength)
                .copyMemory(from: value.baseAddress.unsafelyUnwrapped, byteCount: value.count)
        }
        (entries + entryCount).initialize(
            to: Entry(
                name: kind, nameLength: UInt32(truncatingIfNeeded: nameLength),
                valueLength: UInt32(truncatingIfNeeded: value.count), start: used))
        entryCount &+= 1
        used &+= needed
        return true
    }

    func endBlock() -> HeaderBlock {
        isBlockOpen = false
        return HeaderBlock(
            batch: self, entries: blockStart..<entryCount, isTooLarge: isTooLarge)
    }

    /// Forgets the open block, if there is one: its frame was refused.
    func abandonBlock() {
        guard isBlockOpen else { return }
        isBlockOpen = false
        entryCount = blockStart
    }

    /// Moves the open block out, for its session to keep until more of it comes. Two copies, however many fields:
    /// a client may send a block byte by byte.
    func takeOpenBlock() -> OpenBlock {
        isBlockOpen = false
        let start = blockStart < entryCount ? entries[blockStart].start : used
        return OpenBlock(
            bytes: Array(storage[start..<used]),
            entries: Array(UnsafeBufferPointer(start: entries, count: entryCount)[blockStart...]),
            start: start, size: blockSize, isTooLarge: isTooLarge, ignored: ignored)
    }

    /// Goes on with a block that an earlier receive began; nothing else is in the batch.
    func reopen(_ block: OpenBlock) {
        beginBlock(ignoring: block.ignored)
        blockSize = block.size
        isTooLarge = block.isTooLarge
        while entryCapacity < entryCount + block.entries.count { growEntries() }
        if used + block.bytes.count > storage.count, !growStorage(for: block.bytes.count) {
            // It stood within the limit in the batch that it came from.
            isTooLarge = true
            return
        }
        for entry in block.entries {
            (entries + entryCount).initialize(to: entry.moved(by: used - block.start))
            entryCount += 1
        }
        block.bytes.withUnsafeBytes {
            if let source = $0.baseAddress {
                (storage.baseAddress! + used).copyMemory(from: source, byteCount: $0.count)
            }
        }
        used += block.bytes.count
    }

    @inline(__always)
    func kind(at index: Int) -> HeaderName { entries[index].name }

    func name(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        if let text = entry.name.text {
            return UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        }
        return UnsafeRawBufferPointer(
            start: storage.baseAddress! + entry.start, count: Int(entry.nameLength))
    }

    @inline(__always)
    func value(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(
            start: storage.baseAddress.unsafelyUnwrapped + entry.start + Int(entry.nameLength),
            count: Int(entry.valueLength))
    }

    private func makeRoom(for needed: Int) -> Bool {
        if entryCount == entryCapacity { growEntries() }
        return used + needed <= storage.count || growStorage(for: needed)
    }

    private func growEntries() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
        larger.moveInitialize(from: entries, count: entryCount)
        entries.deallocate()
        entries = larger
        entryCapacity *= 2
    }

    private func growStorage(for needed: Int) -> Bool {
        guard used + needed <= Self.limit else { return false }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(used + needed, storage.count * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<used]))
        storage.deallocate()
        storage = larger
        return true
    }
}
