// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a session made of the bytes it was given, in order; and the memory behind it.
///
/// One batch serves every session of a thread in turn, so that an idle connection owns no buffer.
public final class HTTP2EventBatch {
    /// One field of a header block: where its bytes stand in the batch.
    struct Entry {
        let name: HeaderName
        let nameLength: UInt32
        let valueLength: UInt32
        let start: Int
    }

    /// A header block that began in one read and goes on in the next; its session keeps it meanwhile.
    struct OpenBlock {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        var size = 0
        var isTooLarge = false
    }

    /// The events of the latest receive.
    public internal(set) var events: ContiguousArray<HTTP2Event> = []

    private(set) var entries: ContiguousArray<Entry> = []
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    private var used = 0
    private var blockStart = 0
    private var blockSize = 0
    private var isTooLarge = false
    private(set) var isBlockOpen = false

    /// Bytes of header blocks that one receive may unfold to (an HPACK index is one byte on the wire).
    static let limit = 4 << 20

    /// An empty batch.
    public init() {}

    deinit { storage.deallocate() }

    /// Forgets the latest receive, and lets go of its streams.
    public func reset() {
        events.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        used = 0
    }

    func beginBlock() {
        blockStart = entries.count
        blockSize = 0
        isTooLarge = false
        isBlockOpen = true
    }

    /// Adds a field to the open block. False when this receive unfolds to more than ``limit``.
    func append(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, maxBlockSize: Int
    ) -> Bool {
        blockSize += name.count + value.count + 32
        if blockSize > maxBlockSize { isTooLarge = true }
        if isTooLarge { return true }
        let needed = name.count + value.count
        if used + needed > storage.count {
            guard used + needed <= Self.limit else { return false }
            grow(to: used + needed)
        }
        if name.count > 0 {
            (storage.baseAddress! + used).copyMemory(from: name.baseAddress!, byteCount: name.count)
        }
        if value.count > 0 {
            (storage.baseAddress! + used + name.count)
                .copyMemory(from: value.baseAddress!, byteCount: value.count)
        }
        entries.append(
            Entry(
                name: HeaderName(name), nameLength: UInt32(name.count),
                valueLength: UInt32(value.count), start: used))
        used += needed
        return true
    }

    func endBlock() -> HeaderBlock {
        isBlockOpen = false
        return HeaderBlock(
            batch: self, entries: blockStart..<entries.count, isTooLarge: isTooLarge)
    }

    /// Forgets the open block, if there is one: its frame was refused.
    func abandonBlock() {
        guard isBlockOpen else { return }
        isBlockOpen = false
        entries.removeSubrange(blockStart...)
    }

    /// Moves the open block out, for its session to keep until more of it comes.
    func takeOpenBlock() -> OpenBlock {
        var block = OpenBlock(size: blockSize, isTooLarge: isTooLarge)
        for index in blockStart..<entries.count {
            block.fields.append((Array(name(at: index)), Array(value(at: index))))
        }
        isBlockOpen = false
        return block
    }

    /// Goes on with a block that an earlier receive began.
    func reopen(_ block: OpenBlock) {
        beginBlock()
        for field in block.fields {
            field.name.withUnsafeBytes { name in
                field.value.withUnsafeBytes { value in
                    _ = append(name: name, value: value, maxBlockSize: .max)
                }
            }
        }
        blockSize = block.size
        isTooLarge = block.isTooLarge
    }

    func name(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(
            start: storage.baseAddress! + entry.start, count: Int(entry.nameLength))
    }

    func value(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(
            start: storage.baseAddress! + entry.start + Int(entry.nameLength),
            count: Int(entry.valueLength))
    }

    private func grow(to needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(needed, storage.count * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<used]))
        storage.deallocate()
        storage = larger
    }
}
