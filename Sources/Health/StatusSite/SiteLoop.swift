// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTPRouting
import StatusBoard
import StatusPages
import SystemIO

/// What one loop serves of the page: documents that are made at most once for each state and second, however many ask,
/// and the streams of events. Belongs to the loop.
final class SiteLoop {
    /// Streams at once; others are refused, and their pages ask every few seconds.
    static let streamLimit = 64
    /// Between two looks at the figures while there are streams; also how old a document may be.
    static let period = Duration.seconds(1)

    private let source: SiteSource
    private let audience: PageAudience
    private let loop: EventLoop
    private let view: BoardView
    private var streams: [ObjectIdentifier: EventStream] = [:]
    private var pacer = EventPacer()
    private var isLooking = false
    private var documents = SiteDocuments()
    /// Grows with each update that streams are told.
    private(set) var version: UInt64 = 0
    /// What the streams were told last.
    private var told: (revision: UInt64, figures: SiteFigures)

    init(_ source: SiteSource, for audience: PageAudience, on loop: EventLoop) {
        self.source = source
        self.audience = audience
        self.loop = loop
        view = source.board.makeView(on: loop)
        told = (0, SiteFigures())
        _ = view.subscribe { [unowned self] in boardChanged() }
    }

    var now: MonotonicTime { loop.now }

    // MARK: Documents

    /// The page.
    var page: [UInt8] { document(.page) }

    /// The document of status.json.
    var json: [UInt8] { document(.json) }

    /// The newest state as an event.
    func event(_ format: EventStream.Format) -> [UInt8] {
        document(format == .json ? .jsonEvent : .pageEvent)
    }

    private func document(_ kind: SiteDocuments.Kind) -> [UInt8] {
        let key = SiteDocuments.Key(
            revision: audience.revision(of: view.snapshot).number, version: version,
            second: now.nanoseconds / 1_000_000_000)
        return documents.document(kind, key) { makeReport() }
    }

    private func makeReport() -> StatusReport {
        StatusReport(
            view.snapshot, source.history.history, source.figures(), of: source.service,
            for: audience, reported: source.board.lastReported, at: .read())
    }

    // MARK: Streams

    /// Begins a stream, for which `make` is called; nil when there are as many as there may be.
    func addStream(_ make: (SiteLoop) -> EventStream) -> EventStream? {
        guard streams.count < Self.streamLimit else { return nil }
        // Each stream begins with the newest state.
        if streams.isEmpty { told = newest }
        let stream = make(self)
        streams[ObjectIdentifier(stream)] = stream
        if !isLooking { look() }
        return stream
    }

    /// A stream has ended.
    func remove(_ stream: EventStream) { streams[ObjectIdentifier(stream)] = nil }

    private func boardChanged() {
        guard !streams.isEmpty, audience.revision(of: view.snapshot).number != told.revision else {
            return
        }
        changed()
    }

    private var newest: (revision: UInt64, figures: SiteFigures) {
        (audience.revision(of: view.snapshot).number, source.figures().rounded)
    }

    /// Looks whether numbers have changed, and which clients were sent nothing for long; again and again, while there are
    /// streams.
    private func look() {
        isLooking = !streams.isEmpty
        guard isLooking else { return }
        _ = loop.schedule(at: now + Self.period) { [weak self] in self?.look() }
        if source.figures().rounded != told.figures { changed() }
        for stream in streams.values where stream.isSilent(at: now) { stream.wake() }
    }

    private func changed() {
        switch pacer.changed(at: now) {
        case .tell: tell()
        case .nothing: break
        case .wait(let time):
            _ = loop.schedule(at: time) { [weak self] in
                guard let self else { return }
                pacer.timerFired(at: now)
                tell()
            }
        }
    }

    private func tell() {
        told = newest
        version += 1
        for stream in streams.values { stream.wake() }
    }
}
