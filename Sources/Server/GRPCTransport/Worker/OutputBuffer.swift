// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where a loop gathers the frames of one connection before it sends them in one call.
final class OutputBuffer {
    let storage: UnsafeMutableRawBufferPointer
    /// How much of it is filled.
    var count = 0

    init(capacity: Int) { storage = .allocate(byteCount: capacity, alignment: 64) }

    deinit { storage.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// Adds bytes, or says that there is no room for them.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard count + bytes.count <= storage.count, let source = bytes.baseAddress else {
            return bytes.isEmpty
        }
        (storage.baseAddress! + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
        return true
    }

    /// How much more there is room for.
    var room: Int { storage.count - count }

    func removeAll() { count = 0 }
}
