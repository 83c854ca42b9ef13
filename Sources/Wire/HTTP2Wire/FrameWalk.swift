// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the heads of the frames in the bytes of a connection, in reads of any size; it skips payloads.
///
/// nghttp2 calls back only for frames that it acts on. Those that it ignores cost as well, and some are forbidden: so the
/// heads are inspected before nghttp2 sees them.
struct FrameWalk {
    private var payloadLeft = 0
    // A part of the preface, of a head or of a PRIORITY frame is still to come.
    private var isPartial: Bool
    private var prefaceLeft: Int
    // Of a head that is not complete: its bytes so far, as a number.
    private var first: UInt64 = 0
    private var firstCount = 0
    // A PRIORITY frame, while the stream that it depends on is not complete.
    private var priority: FrameHead?
    private var dependency: UInt32 = 0
    private var dependencyCount = 0

    /// A walk over what comes after `prefaceLength` bytes, which it skips.
    init(prefaceLength: Int) {
        prefaceLeft = prefaceLength
        isPartial = prefaceLength > 0
    }

    /// A frame has begun and is not complete.
    var isMidFrame: Bool { payloadLeft > 0 || firstCount > 0 || priority != nil }

    /// The next head that `bytes` completes, searched for from `position` on, which is then behind it. Nil at the
    /// end of the bytes.
    @inline(__always)
    mutating func next(
        in bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) -> FrameHead? {
        let start = position &+ payloadLeft
        guard start &+ FrameHead.size <= bytes.count, !isPartial else {
            let head = nextOfPartial(in: bytes, &position)
            isPartial = prefaceLeft > 0 || firstCount > 0 || priority != nil
            return head
        }
        position = start
        let head = FrameHead(
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)),
            bytes[position &+ 8])
        position &+= FrameHead.size
        payloadLeft = head.length
        if head.kind == FrameHead.Kind.priority {
            defer { isPartial = priority != nil }
            return nextOfPriority(head, in: bytes, &position)
        }
        return head
    }

    private mutating func nextOfPartial(
        in bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) -> FrameHead? {
        if let priority { return nextOfPriority(priority, in: bytes, &position) }
        let preface = min(prefaceLeft, bytes.count - position)
        prefaceLeft -= preface
        position += preface
        let payload = min(payloadLeft, bytes.count - position)
        payloadLeft -= payload
        position += payload
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if firstCount < 8 {
                first = first << 8 | UInt64(byte)
                firstCount += 1
                continue
            }
            let head = FrameHead(first, byte)
            firstCount = 0
            payloadLeft = head.length
            return head.kind == FrameHead.Kind.priority
                ? nextOfPriority(head, in: bytes, &position) : head
        }
        return nil
    }

    /// A PRIORITY frame is told of when it has said what it depends on.
    private mutating func nextOfPriority(
        _ head: FrameHead, in bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) -> FrameHead? {
        if head.length != 5 { return head }
        priority = head
        while position < bytes.count {
            dependency = dependency << 8 | UInt32(bytes[position])
            dependencyCount += 1
            payloadLeft -= 1
            position += 1
            guard dependencyCount == 4 else { continue }
            dependencyCount = 0
            priority = nil
            var head = head
            head.dependency = Int32(truncatingIfNeeded: dependency & 0x7fff_ffff)
            return head
        }
        return nil
    }
}
