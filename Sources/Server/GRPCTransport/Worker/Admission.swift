// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Logging
import SystemIO

/// Lets connections in to a worker, evicts idle ones for new ones, and counts those that are let in provisionally.
///
/// ```
///   a place is free -> admitted (within the share of its peer)
///   an idle connection here, of a peer with as many at least -> evicted; then as above
///   none is idle here -> the other workers are asked in turn: each evicts one, if it can; then as above
///   none anywhere -> admitted provisionally, for its first call, in place of the oldest provisional connection
/// ```
/// While other workers are asked, the new connection is a descriptor that is not counted: there are never more
/// connections than there may be. Another connection may take the place that was freed; then the next worker is asked.
final class Admission {
    private unowned let worker: Worker
    private var listener: Listener?
    /// The other workers of the server.
    private var others: [LoopBound<Worker>] = []
    /// New connections for which other workers are being asked.
    private var searches = 0
    /// All workers were asked in vain; until then they are not asked again.
    private var searchPauseEnd = MonotonicTime(nanoseconds: .min)
    /// Where the next search for an idle connection starts.
    private var evictionHand = 0
    /// Provisional connections from this machine, and from others.
    private var localProvisional: ProvisionalConnections
    private var remoteProvisional: ProvisionalConnections

    private static let maxSearches = 64
    /// So that a flood of refused connections does not keep the other loops busy.
    private static let searchPause = Duration.milliseconds(100)

    init(for worker: Worker) {
        self.worker = worker
        let provisional = ProvisionalConnections(
            limit: worker.configuration.capacity.reservedConnections)
        (localProvisional, remoteProvisional) = (provisional, provisional)
    }

    /// Starts to accept. `others` are asked to evict a connection when none is idle here.
    func listen(_ descriptor: consuming FileDescriptor, others: [LoopBound<Worker>]) {
        self.others = others
        // Those that are accepted inherit it.
        descriptor.setNoDelay()
        do throws(SystemCallError) {
            listener = try Listener(
                descriptor, on: worker.loop,
                onExhaustion: { [unowned self] in evictEverywhere() },
                onConnection: { [unowned self] descriptor, peer in
                    accept(descriptor, PeerAddress(peer))
                })
        } catch {
            worker.logger.critical(
                "cannot accept connections", metadata: ["error": "\(error.text)"])
        }
    }

    /// Accepts no more, and lets go of the other workers, which hold this one.
    func stopListening() {
        listener?.close()
        listener = nil
        others = []
    }

    private func accept(_ descriptor: consuming FileDescriptor, _ address: PeerAddress) {
        if let peerUsage = admit(address) {
            worker.serve(descriptor, address, peerUsage)
        } else if evictIdle(for: address.network), let peerUsage = admit(address) {
            worker.serve(descriptor, address, peerUsage)
        } else if others.isEmpty || searches >= Self.maxSearches
            || worker.loop.now < searchPauseEnd
        {
            admitProvisionally(descriptor, address)
        } else {
            searches += 1
            ask(0, for: descriptor.release(), address)
        }
    }

    /// Takes a place for a connection; nil when there is none.
    private func admit(_ address: PeerAddress) -> PeerUsage? {
        worker.counters.addConnection(of: address.network, worker.configuration.capacity)
    }

    // MARK: Other workers

    /// Has one of the other workers evict a connection, and then tries again here.
    private func ask(_ index: Int, for descriptor: CInt, _ address: PeerAddress) {
        guard index < others.count else {
            searches -= 1
            searchPauseEnd = worker.loop.now + Self.searchPause
            return admitProvisionally(FileDescriptor(owning: descriptor), address)
        }
        let (home, other) = (LoopBound(worker, on: worker.loop), others[index])
        other.loop.post {
            _ = other.value.admission.evictIdle(for: address.network)
            home.loop.post { home.value.admission.wasAnswered(index, for: descriptor, address) }
        }
    }

    private func wasAnswered(_ index: Int, for descriptor: CInt, _ address: PeerAddress) {
        guard listener != nil else {
            searches -= 1
            return _ = FileDescriptor(owning: descriptor)
        }
        guard let peerUsage = admit(address) else {
            return ask(index + 1, for: descriptor, address)
        }
        searches -= 1
        worker.serve(FileDescriptor(owning: descriptor), address, peerUsage)
    }

    // MARK: Eviction

    /// Closes an idle connection of a peer that has as many connections as this one at least: a few clients with many
    /// connections must not drive out many with few.
    private func evictIdle(for network: PeerAddress.Network) -> Bool {
        let count = worker.counters.connections(of: network)
        return evictIdle { ($0.socket.peerUsage?.connections ?? -1) >= count }
    }

    private func evictIdle(where isCandidate: (any Connection) -> Bool) -> Bool {
        let idle = worker.connections.nextIdle(from: &evictionHand, where: isCandidate)
        idle?.evict(.evicted)
        return idle != nil
    }

    private func evictIdleForAWhile() {
        let slice = TimeSlice()
        while evictIdle(where: { _ in true }), !slice.isOver {}
    }

    /// Descriptors are short, and all workers share them.
    private func evictEverywhere() {
        evictIdleForAWhile()
        for other in others { other.loop.post { other.value.admission.evictIdleForAWhile() } }
    }

    // MARK: Provisional connections

    private func admitProvisionally(
        _ descriptor: consuming FileDescriptor, _ address: PeerAddress
    ) {
        let provisional = address.isLocal ? localProvisional : remoteProvisional
        if let oldest = provisional.nextToEvict.flatMap({ worker.connections[$0] }) {
            oldest.evict(.tooManyConnections)
        }
        if provisional.limit > 0 { return worker.serve(descriptor, address, nil) }
        worker.drops.record(.tooManyConnections, peer: address.text, at: worker.loop.now)
    }

    /// Counts a provisional connection.
    func addProvisional(_ socket: ConnectionSocket) {
        if socket.address.isLocal {
            localProvisional.add(socket.slot)
        } else {
            remoteProvisional.add(socket.slot)
        }
    }

    /// A provisional connection has closed, or has got a place.
    func removeProvisional(_ socket: ConnectionSocket) {
        if socket.address.isLocal {
            localProvisional.remove(socket.slot)
        } else {
            remoteProvisional.remove(socket.slot)
        }
    }

    /// Admits a provisional connection for good, for a call that may last; nil when there is still no place.
    func confirm(_ socket: ConnectionSocket) -> PeerUsage? {
        guard let peerUsage = admit(socket.address) else { return nil }
        removeProvisional(socket)
        socket.peerUsage = peerUsage
        return peerUsage
    }
}
