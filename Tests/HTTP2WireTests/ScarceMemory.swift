// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2
import Foundation

@testable import HTTP2Wire

/// Memory for nghttp2 in which some allocations fail, and that sees what is done with blocks that were given back.
final class ScarceMemory {
    /// For a session.
    let memory = HTTP2Memory()
    /// Allocations that were asked for.
    private(set) var asked = 0
    private let failing: Range<Int>
    private var living: [UnsafeMutableRawPointer: Int] = [:]
    private var givenBack: [UnsafeMutableRawPointer: Int] = [:]
    private var freedTwice = 0

    private static let poison: UInt8 = 0xa5

    /// `failing`: the numbers of those that fail, from 1.
    init(failing: Range<Int>) {
        self.failing = failing
        memory.callbacks = nghttp2_mem(
            mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
            malloc: { size, context in ScarceMemory.of(context).take(size) },
            free: { block, context in ScarceMemory.of(context).giveBack(block) },
            calloc: { count, size, context in
                let block = ScarceMemory.of(context).take(count * size)
                if let block { memset(block, 0, count * size) }
                return block
            },
            realloc: { block, size, context in ScarceMemory.of(context).grow(block, to: size) })
    }

    deinit {
        for block in living.keys { free(block) }
        for block in givenBack.keys { free(block) }
    }

    /// Blocks that were not given back.
    var livingBlocks: Int { living.count }

    /// Blocks that were given back twice, or written to after that.
    var misusedBlocks: Int {
        freedTwice
            + givenBack.count { block, size in
                UnsafeRawBufferPointer(start: block, count: size).contains { $0 != Self.poison }
            }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> ScarceMemory {
        Unmanaged<ScarceMemory>.fromOpaque(context!).takeUnretainedValue()
    }

    private func take(_ size: Int) -> UnsafeMutableRawPointer? {
        asked += 1
        if failing.contains(asked) { return nil }
        let block = malloc(max(size, 1))!
        living[block] = size
        return block
    }

    private func grow(_ block: UnsafeMutableRawPointer?, to size: Int) -> UnsafeMutableRawPointer? {
        guard let larger = take(size) else { return nil }
        if let block {
            larger.copyMemory(from: block, byteCount: min(size, living[block] ?? 0))
            giveBack(block)
        }
        return larger
    }

    /// The memory itself is kept until the end, so that no other block comes to stand there.
    private func giveBack(_ block: UnsafeMutableRawPointer?) {
        guard let block else { return }
        guard let size = living.removeValue(forKey: block) else {
            freedTwice += 1
            return
        }
        memset(block, CInt(Self.poison), size)
        givenBack[block] = size
    }
}
