// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import SystemIO

/// One client's stream of events. It has no queue: what the client is sent is always the newest state. Belongs to a loop.
final class EventStream: HTTPBodySource {
    /// What the events have.
    enum Format: Int, CaseIterable {
        /// The document of status.json.
        case json
        /// What the script of the page needs.
        case page
    }

    /// How long a stream may be silent. A page is sent the state anew, from which its script sees that the connection is
    /// alive; other clients a comment.
    static func silence(of format: Format) -> Duration {
        switch format {
        case .json: .seconds(15)
        case .page: .seconds(10)
        }
    }

    let format: Format
    private let waker: HTTPBodyWaker
    /// Weak: the site holds the stream.
    private weak var site: SiteLoop?
    /// The update that the client has; nil before the first.
    private var seen: UInt64?
    private var sent: MonotonicTime

    init(_ format: Format, of site: SiteLoop, _ waker: HTTPBodyWaker, at now: MonotonicTime) {
        self.format = format
        self.site = site
        self.waker = waker
        self.sent = now
    }

    /// Sends the client what there is.
    func wake() { waker.wake() }

    /// Whether it was silent for so long that it has to be sent something.
    func isSilent(at now: MonotonicTime) -> Bool { now - sent >= Self.silence(of: format) }

    func next() -> HTTPBodyPart {
        guard let site else { return .end }
        let now = site.now
        let isSilent = isSilent(at: now)
        if seen != site.version || (isSilent && format == .page) {
            let isFirst = seen == nil
            seen = site.version
            sent = now
            return .bytes((isFirst ? Self.first : []) + site.event(format))
        }
        guard isSilent else { return .later }
        sent = now
        return .bytes(Self.comment)
    }

    func ended() { site?.remove(self) }

    /// The time in milliseconds after which a client comes back.
    private static let first = [UInt8]("retry: 3000\n")
    private static let comment = [UInt8](":\n\n")
}
