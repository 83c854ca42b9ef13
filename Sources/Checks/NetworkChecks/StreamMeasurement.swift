// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import RTSPWire
import StatusBoard
import SystemIO

/// Counts the frames and the missing packets of a stream that plays, and judges them.
struct StreamMeasurement {
    private let plan: RTSPPlan
    private let noFrame: Duration
    private let measure: Duration
    /// When it has to be judged by what there is.
    private let deadline: MonotonicTime
    private var frames: RTPFrames
    private var loss = RTPLoss()
    /// Who sends the packets.
    private var source: UInt32?
    private var start: MonotonicTime
    private var firstFrame: MonotonicTime?
    private var latestFrame: MonotonicTime?
    /// Packets that are no RTP.
    private var malformed = 0

    init(
        _ plan: RTSPPlan, clockRate: Int, timeout: Duration, deadline: MonotonicTime,
        at now: MonotonicTime
    ) {
        self.plan = plan
        noFrame = plan.noFrame(within: timeout)
        measure = plan.measure(within: timeout)
        self.deadline = deadline
        frames = RTPFrames(clockRate: clockRate)
        start = now
    }

    /// The server has said that it plays.
    mutating func started(at now: MonotonicTime) { start = now }

    /// A packet of the track has come.
    mutating func receive(_ bytes: [UInt8], at now: MonotonicTime) {
        guard let packet = RTPPacket(bytes) else {
            malformed += 1
            return
        }
        if let source, source != packet.source {
            loss.beginAnew()
            frames.beginAnew()
        }
        source = packet.source
        guard loss.receive(packet.sequence), packet.payloadCount > 0 else { return }
        let count = frames.count
        frames.receive(timestamp: packet.timestamp, isMarked: packet.isMarked)
        guard frames.count > count else { return }
        firstFrame = firstFrame ?? now
        latestFrame = now
    }

    /// When ``verdict(at:)`` may say more than it does now.
    var nextLook: MonotonicTime {
        let end = (latestFrame ?? start) + noFrame
        guard let firstFrame, frames.count > 1 else { return min(end, deadline) }
        return min(end, firstFrame + measure, deadline)
    }

    /// The result; nil while it is too early for one.
    func verdict(at now: MonotonicTime) -> CheckResult? {
        guard now >= nextLook else { return nil }
        if frames.count < 2 || now >= (latestFrame ?? start) + noFrame {
            return CheckResult(.unhealthy, stopped(at: now), details: details(at: now))
        }
        var problems: [String] = []
        let rate = rate(at: now)
        if let least = plan.minRate, rate < least {
            problems.append("\(tenths(rate)) frames a second, fewer than \(tenths(least))")
        }
        if loss.percent > plan.maxLoss {
            let all = loss.received + loss.lost
            problems.append(
                "\(loss.lost) of \(all) packets are lost, more than \(tenths(plan.maxLoss)) %")
        }
        return CheckResult(
            problems.isEmpty ? .healthy : .degraded, problems.joined(separator: "; "),
            details: details(at: now))
    }

    /// The state at an end that the server makes.
    var hasFrames: Bool { frames.count > 0 }

    private func stopped(at now: MonotonicTime) -> String {
        // Timers come a little late: that is no part of it.
        let time = min(now - (latestFrame ?? start), noFrame).secondsText + " s"
        switch frames.count {
        case 0 where malformed > 0 && loss.received == 0: return "what it sends is no RTP"
        case 0 where loss.received > 0: return "no whole frame came within \(time), only packets"
        case 0: return "no frame came within \(time): the session is open, and the stream is still"
        case 1: return "one frame came, then none for \(time)"
        default: return "\(frames.count) frames came, then none for \(time)"
        }
    }

    private func details(at now: MonotonicTime) -> [String: String] {
        var details = ["frames": String(frames.count), "lost_packets": String(loss.lost)]
        if frames.count > 1 { details["frames_per_second"] = tenths(rate(at: now)) }
        return details
    }

    /// By the clock of the sender or by ours, the smaller one: frames that were kept for us come at once, and those of a slow
    /// sender say that they come in time.
    private func rate(at now: MonotonicTime) -> Double {
        guard let firstFrame, let latestFrame else { return 0 }
        let (span, silence) = (latestFrame - firstFrame, now - latestFrame)
        // A short silence at the end is that of a timer, or of a loop that is late, and no frame is missing in it.
        let isStill = silence > max(Self.slack, span * 2 / max(1, frames.count - 1))
        let ours =
            isStill
            ? Double(frames.count) / ((now - firstFrame) / .seconds(1))
            : Double(frames.count - 1) / max(span / .seconds(1), 1e-6)
        return min(frames.rate ?? .infinity, ours)
    }

    /// The loop may be so late.
    private static let slack = Duration.milliseconds(250)

    private func tenths(_ number: Double) -> String {
        let tenths = Int((min(number, 1_000_000) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
