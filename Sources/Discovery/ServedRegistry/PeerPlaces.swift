// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import Synchronization
import SystemIO

/// A number of places that the clients of all loops share: one address gets its share of those that are free for it.
package final class PeerPlaces: Sendable {
    private struct State {
        var taken = 0
        var ofPeer: [PeerAddress.Network?: Int] = [:]
        var latest: UInt64 = 0
    }

    /// What an attempt to take one came to.
    enum Answer: Equatable {
        /// A place, by a number that no other has had.
        case taken(UInt64)
        /// There are some, for others.
        case peerHasShare
        case full
    }

    private let limit: Int
    private let share: PeerShare
    private let state = Mutex(State())

    /// So many places, of which one address gets `share`.
    init(_ limit: Int, share: PeerShare) {
        self.limit = limit
        self.share = share
    }

    /// How many are taken.
    package var count: Int { state.withLock { $0.taken } }

    /// Takes a place.
    func take(for peer: PeerAddress.Network?) -> Answer {
        state.withLock { state in
            guard share.admits(state.ofPeer[peer] ?? 0, of: state.taken, limit: limit) else {
                return state.taken < limit ? .peerHasShare : .full
            }
            state.taken += 1
            state.ofPeer[peer, default: 0] += 1
            state.latest += 1
            return .taken(state.latest)
        }
    }

    /// Gives a place back.
    func giveBack(of peer: PeerAddress.Network?) {
        state.withLock { state in
            state.taken -= 1
            let rest = (state.ofPeer[peer] ?? 1) - 1
            state.ofPeer[peer] = rest > 0 ? rest : nil
        }
    }
}
