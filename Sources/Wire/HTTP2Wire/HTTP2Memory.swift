// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CNghttp2

/// The memory of the sessions of one thread: what a closed stream leaves, the next one takes.
///
/// nghttp2 takes and gives back eight small blocks for each stream. With a hundred streams at once that overflows
/// malloc's quick lists, and its slow paths were a twelfth of a Check. Not thread-safe.
package final class HTTP2Memory {
    private let store = UnsafeMutablePointer<BlockStore>.allocate(capacity: 1)
    private var latestTemplate: SessionTemplate?

    /// An empty store.
    package init() { store.initialize(to: BlockStore()) }

    deinit {
        store.pointee.giveBack()
        store.deinitialize(count: 1)
        store.deallocate()
    }

    /// What such sessions are made by; nil when memory is short. The sessions of a thread are nearly always of one kind.
    func template(_ role: HTTP2Session.Role, _ settings: HTTP2Settings) -> SessionTemplate? {
        if let latestTemplate, latestTemplate.suits(role, settings) { return latestTemplate }
        latestTemplate = SessionTemplate(role, settings)
        return latestTemplate
    }

    /// Gives the free blocks back to malloc. However small, each may keep it from giving back a page.
    package func giveBack() { store.pointee.giveBack() }

    /// Bytes that sessions use now.
    package var used: Int { store.pointee.used }

    /// The most that was used since this was asked last.
    package func takePeak() -> Int { store.pointee.takePeak() }

    /// What nghttp2 calls; valid while this object lives. A test puts others in their place, for sessions to come.
    lazy var callbacks = nghttp2_mem(
        mem_user_data: UnsafeMutableRawPointer(store),
        malloc: { size, context in HTTP2Memory.store(context).pointee.allocate(size) },
        free: { block, context in HTTP2Memory.store(context).pointee.release(block) },
        calloc: { count, size, context in
            HTTP2Memory.store(context).pointee.allocateZeroed(count, size)
        },
        realloc: { block, size, context in
            HTTP2Memory.store(context).pointee.reallocate(block, size)
        })

    @inline(__always)
    private static func store(
        _ context: UnsafeMutableRawPointer?
    ) -> UnsafeMutablePointer<BlockStore> {
        context.unsafelyUnwrapped.assumingMemoryBound(to: BlockStore.self)
    }
}

/// Free blocks by size. Plain memory and no object, since nghttp2 comes here sixteen times a Check.
private struct BlockStore: ~Copyable {
    /// Blocks come in multiples of this, and so aligned; a header of this size stands before each.
    private static var unit: Int { 16 }
    /// Up to 1 KiB there is a class for each multiple of the unit, beyond that for each 128 bytes, up to the buffer of one frame: the
    /// largest that a session takes. Without those, malloc was a fourteenth of a connection with a Check.
    private static var smallUnits: Int { 64 }
    private static var classCount: Int { 186 }
    /// Bytes of free blocks to keep at most; the rest goes back to malloc.
    private static var keptBytes: Int { 1 << 20 }

    private let free = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(
        capacity: classCount)
    private var kept = 0
    /// Bytes that malloc has lent, and the most at once since ``takePeak()``. Counted where malloc is called, which is rare.
    private var taken = 0
    private var peak = 0

    var used: Int { taken - kept }

    mutating func takePeak() -> Int {
        defer { peak = used }
        return max(peak, used)
    }

    init() { free.initialize(repeating: nil, count: Self.classCount) }

    deinit { free.deallocate() }

    mutating func giveBack() {
        for index in 0..<Self.classCount {
            while let block = popFree(index) { giveBack(block, block.load(as: Int.self)) }
        }
        kept = 0
    }

    /// Blocks start with the number of units they have room for.
    @inline(__always)
    mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        // At least one: a free block holds the link to the next.
        let units = max(1, (size &+ Self.unit &- 1) &>> 4)
        if units > Self.smallUnits { return allocateLarge(units) }
        return take(units, from: units)
    }

    @inline(never)
    private mutating func allocateLarge(_ units: Int) -> UnsafeMutableRawPointer? {
        let rounded = (units &+ 7) & ~7
        return take(rounded, from: Self.largeIndex(rounded))
    }

    /// A block of so many units, from its list where that has one.
    @inline(__always)
    private mutating func take(_ units: Int, from index: Int) -> UnsafeMutableRawPointer? {
        if index < Self.classCount, let block = popFree(index) {
            kept &-= units &* Self.unit
            return block + Self.unit
        }
        guard let block = malloc((units &+ 1) &* Self.unit) else { return nil }
        block.storeBytes(of: units, as: Int.self)
        taken &+= units &* Self.unit
        peak = max(peak, taken)
        return block + Self.unit
    }

    private mutating func giveBack(_ block: UnsafeMutableRawPointer, _ units: Int) {
        taken &-= units &* Self.unit
        CLinux.free(block)
    }

    @inline(__always)
    mutating func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer else { return }
        let block = pointer - Self.unit
        let units = block.load(as: Int.self)
        let index = units <= Self.smallUnits ? units : Self.largeIndex(units)
        guard index < Self.classCount, kept < Self.keptBytes else { return giveBack(block, units) }
        // The list runs through the free blocks themselves, behind their headers.
        pointer.storeBytes(of: free[index], as: UnsafeMutableRawPointer?.self)
        free[index] = block
        kept &+= units &* Self.unit
    }

    /// The class of more than ``smallUnits``.
    @inline(__always)
    private static func largeIndex(_ units: Int) -> Int {
        smallUnits &+ (units &- smallUnits) &>> 3
    }

    @inline(__always)
    private func popFree(_ index: Int) -> UnsafeMutableRawPointer? {
        guard let block = free[index] else { return nil }
        free[index] = (block + Self.unit).load(as: UnsafeMutableRawPointer?.self)
        return block
    }

    mutating func allocateZeroed(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, let pointer = allocate(bytes) else { return nil }
        // In pieces: beyond 2 KiB the C library lets the processor count the bytes, which takes half as long again for the 4 KiB
        // that a session begins with.
        for start in stride(from: 0, to: bytes, by: 2048) {
            memset(pointer + start, 0, min(2048, bytes - start))
        }
        return pointer
    }

    mutating func reallocate(
        _ pointer: UnsafeMutableRawPointer?, _ size: Int
    ) -> UnsafeMutableRawPointer? {
        guard let pointer else { return allocate(size) }
        let room = (pointer - Self.unit).load(as: Int.self) &* Self.unit
        if size <= room { return pointer }
        guard let larger = allocate(size) else { return nil }
        larger.copyMemory(from: pointer, byteCount: room)
        release(pointer)
        return larger
    }
}
