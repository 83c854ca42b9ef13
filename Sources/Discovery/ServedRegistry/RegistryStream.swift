// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTPRouting
import InstanceRegistry
import SystemIO

/// One client's stream of the instances of a service. It has no queue: it asks for the list when its client can take it, so that is
/// always the newest. Belongs to the loop of its client.
final class RegistryStream: HTTPBodySource {
    private let desk: LoopBound<RegistryDesk>
    private let service: String
    private let selection: InstanceSelection
    private let number: UInt64
    private let loop: EventLoop
    private let waker: HTTPBodyWaker
    private let silence: Duration
    private var hasNews = true
    private var isAsking = false
    /// Made for the client, which could not take it yet. It counts as held for it.
    private var event: [UInt8]?
    /// The content that the client has; nil before the first.
    private var seen: Int?
    private var sent: MonotonicTime
    private var timer: TimerID?
    private let reader = Reader()
    private let onEnd: () -> Void

    init(
        of service: String, _ selection: InstanceSelection, at desk: LoopBound<RegistryDesk>,
        _ number: UInt64, silence: Duration, on loop: EventLoop, _ waker: HTTPBodyWaker,
        _ onEnd: @escaping () -> Void
    ) {
        (self.service, self.selection, self.desk) = (service, selection, desk)
        (self.number, self.onEnd) = (number, onEnd)
        (self.loop, self.waker, self.silence) = (loop, waker, silence)
        sent = .now()
    }

    /// Begins to be told.
    func start() {
        let home = LoopBound(Weak(stream: self), on: loop)
        let (number, service) = (number, service)
        atDesk { desk in
            desk.tell(number, of: service) {
                home.onLoop { $0.stream?.changed() }
            }
        }
        setTimer()
    }

    private struct Weak { weak var stream: RegistryStream? }

    private func changed() {
        hasNews = true
        waker.wake()
    }

    func next() -> HTTPBodyPart {
        if event == nil, hasNews, !isAsking { ask() }
        let now = MonotonicTime.now()
        if let event {
            self.event = nil
            sent = now
            return .bytes(event)
        }
        guard now - sent >= silence else { return .later }
        sent = now
        return .bytes(Self.comment)
    }

    func ended() {
        if let timer { loop.cancel(timer) }
        timer = nil
        reader.leave()
        event = nil
        onEnd()
        let (number, service) = (number, service)
        atDesk { $0.stopTelling(number, of: service) }
    }

    private func ask() {
        (hasNews, isAsking) = (false, true)
        let home = LoopBound(Weak(stream: self), on: loop)
        let (service, selection) = (service, selection)
        let reader = reader
        atDesk { desk in
            desk.turns.wait(in: .streams) { [unowned desk] in
                if !reader.isThere { return }
                let event = desk.event(service, selection)
                home.onLoop { $0.stream?.take(event) }
            }
        }
    }

    var heldBytes: Int { event?.count ?? 0 }

    private func take(_ new: DocumentCache.Document) {
        isAsking = false
        if seen != new.content {
            event = seen == nil ? Self.first + new.body : new.body
            seen = new.content
        }
        if event != nil || hasNews { waker.wake() }
    }

    private func setTimer() {
        // A client that takes nothing is not looked at more often.
        let now = MonotonicTime.now()
        let due = now - sent >= silence ? now + silence : sent + silence
        timer = loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            if .now() - self.sent >= self.silence { self.waker.wake() }
            self.setTimer()
        }
    }

    private func atDesk(_ work: @escaping @Sendable (RegistryDesk) -> Void) {
        desk.onLoop(work)
    }

    /// The time in milliseconds after which a browser comes back.
    private static let first = Array("retry: 3000\n".utf8)
    private static let comment = Array(":\n\n".utf8)
}

extension LoopBound {
    /// Does something with the value: at once on its loop, and from elsewhere soon.
    func onLoop(_ work: @escaping @Sendable (Value) -> Void) {
        if loop.isCurrent { return work(value) }
        loop.post { work(self.value) }
    }
}
