// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
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

    fileprivate let pieces = Mutex(SlotMap<Piece>())

    /// A worker has taken a piece of work: call this before it begins, and ``Token/end()`` when it is over.
    ///
    /// - Parameter silence: How long this piece may take without a sign of progress, when that is longer than what
    ///   is usual: a call that answers all at once gives none until its own time limit.
    func begin(silence: Duration = .zero, at now: MonotonicTime = .now()) -> Token {
        Token(self, pieces.withLock { $0.insert(Piece(lastSign: now, patience: silence)) })
    }

    /// What the workers are doing at this moment, when a piece may be silent for `limit`.
    func activity(at now: MonotonicTime, stallAfter limit: Duration) -> Activity {
        pieces.withLock { pieces in
            if pieces.count == 0 { return .idle }
            var stalled = 0
            var longest = Duration.zero
            pieces.forEach { piece in
                let silence = now - piece.lastSign
                guard silence > max(limit, piece.patience) else { return }
                stalled += 1
                longest = max(longest, silence)
            }
            return stalled > 0 ? .stalled(stalled, longest: longest) : .busy(pieces.count)
        }
    }
}

extension Progress {
    /// One piece of work. Letting go of it ends it, so that work that was thrown away is no stall.
    final class Token: Sendable {
        private let progress: Progress
        private let key: SlotKey

        fileprivate init(_ progress: Progress, _ key: SlotKey) {
            self.progress = progress
            self.key = key
        }

        deinit { end() }

        /// The work got on: a token was generated, a part of an answer came.
        func progressed(at now: MonotonicTime = .now()) {
            progress.pieces.withLock { pieces in
                if pieces.contains(key) { pieces[slot: key.slot]?.lastSign = now }
            }
        }

        /// The work is over, well or badly. Again does nothing.
        func end() { progress.pieces.withLock { _ = $0.remove(key) } }
    }
}
