// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization

/// Numbers that every thread counts in cells of its own, so that a hot counter costs no lock, no atomic operation that
/// another thread waits for, and no shared line of a cache. A cell of this process is the same index in each thread's
/// block; its value is the sum over all blocks.
///
/// A thread writes its own block only, and others read it: each cell is an atomic that is loaded and stored, never
/// exchanged. The block of a thread that has ended is taken over, with its counts, by the next thread.
enum ThreadCells {
    /// Cells that there can be.
    static let limit = Block.chunkCount * Chunk.size

    /// Consecutive cells.
    private final class Chunk: Sendable {
        static let size = 512
        let cells: InlineArray<512, Atomic<Int>> = InlineArray { _ in Atomic(0) }
    }

    /// The cells of one thread; the memory comes with the first count in it.
    fileprivate final class Block: Sendable {
        static let chunkCount = 64
        private let chunks: InlineArray<64, AtomicLazyReference<Chunk>> = InlineArray { _ in
            AtomicLazyReference()
        }

        /// By the thread that has the block.
        @inline(__always)
        func update(_ cell: Int, _ body: (Int) -> Int) {
            let number = cell / Chunk.size
            let chunk = chunks[number].load() ?? chunks[number].storeIfNil(Chunk())
            let place = cell % Chunk.size
            let value = chunk.cells[place].load(ordering: .relaxed)
            chunk.cells[place].store(body(value), ordering: .relaxed)
        }

        /// From any thread.
        func value(of cell: Int) -> Int {
            chunks[cell / Chunk.size].load()?.cells[cell % Chunk.size].load(ordering: .relaxed) ?? 0
        }
    }

    private struct State {
        var blocks: [Block] = []
        /// Those of threads that have ended.
        var unused: [Block] = []
        var nextCell = 0
        /// Cells that were given back, by how many there are together.
        var free: [Int: [Int]] = [:]
    }

    private static let state = Mutex(State())

    /// Where a thread finds its block. The thread holds the block until it ends.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let error = pthread_key_create(&key) { pointer in
            guard let pointer else { return }
            ThreadCells.takeBack(Unmanaged<Block>.fromOpaque(pointer).takeRetainedValue())
        }
        precondition(error == 0, "no key for what belongs to a thread is left")
        return key
    }()

    private static func takeBack(_ block: Block) { state.withLock { $0.unused.append(block) } }

    @inline(__always)
    private static func withOwnBlock(_ body: (Block) -> Void) {
        if let pointer = pthread_getspecific(key) {
            return Unmanaged<Block>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
        }
        let block = state.withLock { state in
            if let unused = state.unused.popLast() { return unused }
            let new = Block()
            state.blocks.append(new)
            return new
        }
        pthread_setspecific(key, Unmanaged.passRetained(block).toOpaque())
        body(block)
    }

    // MARK: Counting

    /// Adds a whole number to a cell.
    @inline(__always)
    static func add(_ amount: Int, at cell: Int) {
        withOwnBlock { block in block.update(cell) { $0 &+ amount } }
    }

    /// Adds a number to a cell that holds one.
    static func add(_ amount: Double, at cell: Int) {
        withOwnBlock { block in
            block.update(cell) { bits in
                let sum = Double(bitPattern: UInt64(bitPattern: Int64(bits))) + amount
                return Int(Int64(bitPattern: sum.bitPattern))
            }
        }
    }

    // MARK: Reading

    /// The sum of a cell of whole numbers.
    static func total(_ cell: Int) -> Int {
        state.withLock { state in state.blocks.reduce(0) { $0 &+ $1.value(of: cell) } }
    }

    /// The sum of a cell of numbers.
    static func total(ofNumbers cell: Int) -> Double {
        state.withLock { state in
            state.blocks.reduce(0) {
                $0 + Double(bitPattern: UInt64(bitPattern: Int64($1.value(of: cell))))
            }
        }
    }

    // MARK: Cells

    /// Takes cells that follow each other; they may have counts of their last user. Nil when too few are left.
    static func take(_ count: Int) -> Int? {
        state.withLock { state in
            if let cell = state.free[count]?.popLast() { return cell }
            guard state.nextCell + count <= limit else { return nil }
            defer { state.nextCell += count }
            return state.nextCell
        }
    }

    /// Gives such cells back.
    static func giveBack(_ first: Int, _ count: Int) {
        state.withLock { $0.free[count, default: []].append(first) }
    }
}
