// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// How a newcomer finds a place.
///
/// ```
///   place free -> taken (for its peer's share, too)
///   somebody idle here of a peer that has as much -> evicted, then as above
///   none idle -> first of the other loops: evicts one, or not -> here: taken, or the next one is asked
///          -> in vain with all: let in for its first call, in the place of the oldest that is here for that
/// ```
/// While others are asked the newcomer is a descriptor on its way, and not counted: connections are never more than they
/// may be. Somebody else may take the place that was made; then the next loop is asked.
extension LoopContext {
    /// For more newcomers than this at a time no other loop is asked.
    private static let mostSeekers = 64
    /// For so long nobody is asked, after all were in vain: a crowd that is refused must not keep the other loops busy.
    private static let pause = Duration.milliseconds(100)

    func accept(_ descriptor: consuming FileDescriptor, _ address: PeerAddress) {
        if let holdings = takePlace(for: address) {
            start(descriptor, address, holdings)
        } else if evictIdle(for: address.network), let holdings = takePlace(for: address) {
            start(descriptor, address, holdings)
        } else if others.isEmpty || seekers >= Self.mostSeekers || loop.now < isFullUntil {
            startProvisionally(descriptor, address)
        } else {
            seekers += 1
            ask(0, for: descriptor.release(), address)
        }
    }

    private func takePlace(for address: PeerAddress) -> PeerHoldings? {
        counters.addConnection(of: address.network, configuration)
    }

    /// Has one of the others make room.
    private func ask(_ index: Int, for newcomer: CInt, _ address: PeerAddress) {
        guard index < others.count else {
            seekers -= 1
            isFullUntil = loop.now + Self.pause
            return startProvisionally(FileDescriptor(owning: newcomer), address)
        }
        let (home, other) = (LoopBound(self, on: loop), others[index])
        other.loop.post {
            _ = other.value.evictIdle(for: address.network)
            home.loop.post { home.value.heard(from: index, for: newcomer, address) }
        }
    }

    private func heard(from index: Int, for newcomer: CInt, _ address: PeerAddress) {
        let holdings = isListening ? takePlace(for: address) : nil
        if isListening, holdings == nil { return ask(index + 1, for: newcomer, address) }
        seekers -= 1
        let descriptor = FileDescriptor(owning: newcomer)
        if let holdings { start(descriptor, address, holdings) }
    }

    // MARK: Making room

    /// Makes room for one of this peer by closing one that is idle, of a peer that has as many at least: a few clients
    /// with many connections must not drive out many with few.
    private func evictIdle(for network: PeerAddress.Network) -> Bool {
        let count = counters.connections(of: network)
        return evictIdle { ($0.socket.holdings?.connections ?? -1) >= count }
    }

    private func evictIdle(where isMeant: (any Connection) -> Bool) -> Bool {
        guard let connection = connections.nextIdle(from: &idleHand, where: isMeant) else {
            return false
        }
        connection.evict(.evicted)
        return true
    }

    /// Makes room for those who come until descriptors are asked for again.
    private func evictSome() {
        let slice = TimeSlice()
        while evictIdle(where: { _ in true }), !slice.isOver {}
    }

    /// Descriptors are short, and all loops share them.
    func evictSomeEverywhere() {
        evictSome()
        for other in others { other.loop.post { other.value.evictSome() } }
    }

    // MARK: Without a place

    private func startProvisionally(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress
    ) {
        let places = address.isLocal ? localProvisional : otherProvisional
        if let oldest = places.oldestInTheWay.flatMap({ connections[$0] }) {
            oldest.evict(.tooManyConnections)
        }
        if places.limit > 0 { return start(descriptor, address, nil) }
        drops.record(.tooManyConnections, peer: address.text, at: loop.now)
    }

    func noteProvisional(_ socket: ConnectionSocket) {
        if socket.address.isLocal {
            localProvisional.add(socket.place)
        } else {
            otherProvisional.add(socket.place)
        }
    }

    func forgetProvisional(_ socket: ConnectionSocket) {
        if socket.address.isLocal {
            localProvisional.remove(socket.place)
        } else {
            otherProvisional.remove(socket.place)
        }
    }

    /// A place for a connection that was let in without, for a call that may last; nil when there is still none.
    func settle(_ socket: ConnectionSocket) -> PeerHoldings? {
        guard let holdings = takePlace(for: socket.address) else { return nil }
        forgetProvisional(socket)
        socket.holdings = holdings
        return holdings
    }
}
