// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import SystemIO

/// The work that the workers have taken, and when each piece of it last got on. From any thread.
///
/// Much work is not a stall: only a piece that was taken and has not moved for too long is one.
final class Progress: Sendable {
    /// What the workers are doing.
    enum Activity: Equatable, Sendable {
        case idle
        /// So many pieces are under way, and each gets on.
        case busy(Int)
        /// So many pieces have not got on for too long, the oldest one for `longest`.
        case stalled(Int, longest: Duration)
    }

    fileprivate struct Piece {
        var lastSign: MonotonicTime
        /// How long it may be silent, whatever the others may.
        var patience: Duration
    }

    fileprivate struct Table {
        var pieces: [Piece?] = []
        var free: [Int] = []
        var count = 0
    }

    fileprivate let table = Mutex(Table())

    /// A worker has taken a piece of work: call this before it begins, and ``Token/end()`` when it is over.
    ///
    /// - Parameter silence: How long this piece may take without a sign of progress, when that is longer than what
    ///   is usual: a call that answers all at once gives none until its own time limit.
    func begin(silence: Duration = .zero, at now: MonotonicTime = .now()) -> Token {
        let place = table.withLock { table in
            let piece = Piece(lastSign: now, patience: silence)
            table.count += 1
            if let place = table.free.popLast() {
                table.pieces[place] = piece
                return place
            }
            table.pieces.append(piece)
            return table.pieces.count - 1
        }
        return Token(self, place)
    }

    /// What the workers are doing at this moment, when a piece may be silent for `limit`.
    func activity(at now: MonotonicTime, stallAfter limit: Duration) -> Activity {
        table.withLock { table in
            if table.count == 0 { return .idle }
            var stalled = 0
            var longest = Duration.zero
            for case let piece? in table.pieces {
                let silence = now - piece.lastSign
                guard silence > max(limit, piece.patience) else { continue }
                stalled += 1
                longest = max(longest, silence)
            }
            return stalled > 0 ? .stalled(stalled, longest: longest) : .busy(table.count)
        }
    }
}

extension Progress {
    /// One piece of work. Letting go of it ends it, so that work that was thrown away is no stall.
    final class Token: Sendable {
        private let progress: Progress
        private let place: Int
        private let hasEnded = Atomic(false)

        fileprivate init(_ progress: Progress, _ place: Int) {
            self.progress = progress
            self.place = place
        }

        deinit { end() }

        /// The work got on: a token was generated, a part of an answer came.
        func progressed(at now: MonotonicTime = .now()) {
            progress.table.withLock { table in
                // Read under the lock: the place is another piece's once this one has ended.
                if !hasEnded.load(ordering: .relaxed) { table.pieces[place]?.lastSign = now }
            }
        }

        /// The work is over, well or badly. Again does nothing.
        func end() {
            progress.table.withLock { table in
                if hasEnded.exchange(true, ordering: .relaxed) { return }
                table.pieces[place] = nil
                table.free.append(place)
                table.count -= 1
            }
        }
    }
}
