// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import SystemIO

/// Runs the check of a heartbeat: a run looks at the latest report. Belongs to the loop.
final class HeartbeatRunner: CheckRunner {
    private let inbox: HeartbeatInbox
    private let within: Duration
    private let loop: EventLoop
    private var place: CheckPlace?
    private var record: HeartbeatRecord

    init(_ inbox: HeartbeatInbox, within: Duration, on loop: EventLoop) {
        self.inbox = inbox
        self.within = within
        self.loop = loop
        record = HeartbeatRecord(within: within, since: .now())
    }

    func added(at place: CheckPlace) {
        self.place = place
        record = HeartbeatRecord(within: within, since: place.awakeTime)
        inbox.connect(self, on: loop)
    }

    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void) {
        completion(record.result(at: place?.awakeTime ?? .now()))
    }

    func cancel(_ released: @escaping () -> Void) { released() }

    func received(_ report: HeartbeatReport) {
        if record.take(report, at: place?.awakeTime ?? .now()) { place?.requestRun() }
    }
}
