// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Two keys for session tickets, in memory that is wiped: the newer one seals, and both open. Pure: the time comes in.
///
/// A key seals for one interval and opens for one more; then nothing that it sealed can be read any more.
struct TicketKeys: ~Copyable {
    /// A key: its name, which stands in its tickets, and what it encrypts and authenticates them with.
    struct Key {
        fileprivate let memory: UnsafeMutableRawPointer

        /// The name.
        var name: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: 16) }
        /// For AES-256.
        var cipher: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: memory + 16, count: 32)
        }
        /// For HMAC.
        var authentication: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: memory + 48, count: 32)
        }

        fileprivate static let size = 80
    }

    private let interval: Int
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 2 * Key.size, alignment: 16)
    private var nextRotation: Int
    private var count = 0

    /// Keys that are replaced every `interval` seconds, from `now` on.
    init(interval: Int, at now: Int) {
        self.interval = interval
        self.nextRotation = now
        rotate(at: now)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// Makes a new key when that is due; the last one but one is forgotten, and the last one too when it has not sealed
    /// for an interval.
    mutating func rotate(at now: Int) {
        if now < nextRotation { return }
        let base = memory.baseAddress.unsafelyUnwrapped
        let isLastUsable = count > 0 && now - nextRotation < interval
        if isLastUsable {
            (base + Key.size).copyMemory(from: base, byteCount: Key.size)
        } else {
            OPENSSL_cleanse(base + Key.size, Key.size)
        }
        guard RAND_bytes(base.assumingMemoryBound(to: UInt8.self), CInt(Key.size)) == 1 else {
            count = 0
            return
        }
        count = isLastUsable ? 2 : 1
        nextRotation = now + interval
    }

    /// What seals; nil without random numbers.
    var current: Key? { count > 0 ? key(0) : nil }

    /// What opens tickets with this name; nil when it is forgotten, or never was.
    func named(_ name: UnsafeRawBufferPointer) -> Key? {
        for index in 0..<count where key(index).name.elementsEqual(name) { return key(index) }
        return nil
    }

    private func key(_ index: Int) -> Key {
        Key(memory: memory.baseAddress.unsafelyUnwrapped + index * Key.size)
    }
}
