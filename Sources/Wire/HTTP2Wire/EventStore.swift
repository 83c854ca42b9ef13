// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The memory behind a batch of events: the events, and the fields of their header blocks.
///
/// Plain memory and no object, because the callbacks of nghttp2 come here fifteen times a Check.
struct EventStore: ~Copyable {
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
        fileprivate let limit: Int
        fileprivate let ignored: HeaderNameSet
    }

    // Plain memory: a field comes nine times a request, and an Array would check itself each time. Little at first: the batch
    // of a loop grows once, and a run of the probe touches three pages less.
    private var entries = UnsafeMutablePointer<Entry>.allocate(capacity: 32)
    private var entryCapacity = 32
    private var entryCount = 0
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
    private var used = 0

    private var events = UnsafeMutablePointer<HTTP2Event>.allocate(capacity: 16)
    private var eventCapacity = 16
    private var eventCount = 0

    private var blockStart = 0
    private var blockSize = 0
    private var maxBlockSize = Int.max
    private var ignored = HeaderNameSet()
    private(set) var isBlockOpen = false

    /// Bytes that the header blocks of one receive may decompress to (an HPACK index is one byte on the wire).
    static let limit = 4 << 20
    /// A block that decompresses to so many times its limit is an attack: each byte of it may stand for thousands that
    /// nghttp2 checks again.
    static let mostOverLimit = 16

    deinit {
        events.deallocate()
        entries.deallocate()
        storage.deallocate()
    }

    /// There are no events.
    var isEmpty: Bool { eventCount == 0 }

    /// The events; valid until there is one more.
    var all: UnsafeBufferPointer<HTTP2Event> {
        UnsafeBufferPointer(start: events, count: eventCount)
    }

    /// Forgets everything.
    mutating func reset() {
        eventCount = 0
        entryCount = 0
        used = 0
    }

    @inline(__always)
    mutating func add(_ event: HTTP2Event) {
        if eventCount == eventCapacity { growEvents() }
        (events + eventCount).initialize(to: event)
        eventCount &+= 1
    }

    /// Says the end of a stream in the latest event, if that has bytes of it. False when it does not.
    @inline(__always)
    mutating func endLatest(of stream: Unmanaged<HTTP2Stream>) -> Bool {
        guard eventCount > 0,
            case .data(let latest, let bytes, _) = events[eventCount &- 1],
            latest.unretained.toOpaque() == stream.toOpaque()
        else { return false }
        events[eventCount &- 1] = .data(latest, bytes, endStream: true)
        return true
    }

    /// Begins a header block of at most `limit` bytes, each field counted with 32 more.
    mutating func beginBlock(ignoring names: HeaderNameSet = HeaderNameSet(), limit: Int) {
        ignored = names
        maxBlockSize = limit
        blockStart = entryCount
        blockSize = 0
        isBlockOpen = true
    }

    private var isTooLarge: Bool { blockSize > maxBlockSize }

    /// Adds a field to the open block. False when this receive decompresses to more than ``limit``, or the block
    /// to more than ``mostOverLimit`` times its own limit.
    @inline(__always)
    mutating func append(
        name: UnsafePointer<UInt8>, _ nameCount: Int, value: UnsafePointer<UInt8>,
        _ valueCount: Int
    ) -> Bool {
        blockSize &+= nameCount &+ valueCount &+ 32
        if isTooLarge { return (blockSize - 1) / Self.mostOverLimit < maxBlockSize }
        let kind = HeaderName(name, nameCount)
        // Of a request that is no call, everything is read.
        if kind == .method, valueCount == 0 || value[0] != UInt8(ascii: "P") {
            ignored = HeaderNameSet()
        }
        if ignored.contains(kind) { return true }
        let nameLength = kind == .other ? nameCount : 0
        let needed = nameLength &+ valueCount
        if used &+ needed > storage.count || entryCount == entryCapacity {
            guard makeRoom(for: needed) else { return false }
        }
        let place = storage.baseAddress.unsafelyUnwrapped + used
        if nameLength > 0 { place.copyMemory(from: name, byteCount: nameLength) }
        (place + nameLength).copyMemory(from: value, byteCount: valueCount)
        (entries + entryCount).initialize(
            to: Entry(
                name: kind, nameLength: UInt32(truncatingIfNeeded: nameLength),
                valueLength: UInt32(truncatingIfNeeded: valueCount), start: used))
        entryCount &+= 1
        used &+= needed
        return true
    }

    /// Where the open block stands, which is complete.
    mutating func endBlock() -> (entries: Range<Int>, isTooLarge: Bool) {
        isBlockOpen = false
        return (blockStart..<entryCount, isTooLarge)
    }

    /// Forgets the open block, if there is one: its frame was refused.
    mutating func abandonBlock() {
        guard isBlockOpen else { return }
        isBlockOpen = false
        entryCount = blockStart
    }

    /// Moves the open block out, for its session to keep until more of it comes. Two copies, however many fields:
    /// a client may send a block byte by byte.
    mutating func takeOpenBlock() -> OpenBlock {
        isBlockOpen = false
        let start = blockStart < entryCount ? entries[blockStart].start : used
        return OpenBlock(
            bytes: Array(storage[start..<used]),
            entries: Array(UnsafeBufferPointer(start: entries, count: entryCount)[blockStart...]),
            start: start, size: blockSize, limit: maxBlockSize, ignored: ignored)
    }

    /// Goes on with a block that an earlier receive began; nothing else is in the batch.
    mutating func reopen(_ block: OpenBlock) {
        beginBlock(ignoring: block.ignored, limit: block.limit)
        blockSize = block.size
        while entryCapacity < entryCount + block.entries.count { growEntries() }
        if used + block.bytes.count > storage.count, !growStorage(for: block.bytes.count) {
            // It stood within the limit in the batch that it came from.
            maxBlockSize = 0
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

    private mutating func makeRoom(for needed: Int) -> Bool {
        if entryCount == entryCapacity { growEntries() }
        return used + needed <= storage.count || growStorage(for: needed)
    }

    private mutating func growEntries() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: entryCapacity * 2)
        larger.moveInitialize(from: entries, count: entryCount)
        entries.deallocate()
        entries = larger
        entryCapacity *= 2
    }

    private mutating func growStorage(for needed: Int) -> Bool {
        guard used + needed <= Self.limit else { return false }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(used + needed, storage.count * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<used]))
        storage.deallocate()
        storage = larger
        return true
    }

    private mutating func growEvents() {
        let larger = UnsafeMutablePointer<HTTP2Event>.allocate(capacity: eventCapacity * 2)
        larger.moveInitialize(from: events, count: eventCount)
        events.deallocate()
        events = larger
        eventCapacity *= 2
    }
}
