// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import RTSPWire
import StatusBoard

/// What a check of a stream asks for.
struct RTSPPlan: Sendable {
    /// Which track is played.
    enum Track: Equatable, Sendable {
        /// The first of this kind.
        case first(String)
        /// The nth of the description, from 1.
        case number(Int)
    }

    /// As the server is asked for it: without user and password.
    var url: String
    var user: String?
    var password: String?
    var track = Track.first("video")
    /// Without a frame for so long it is unhealthy; nil for what the timeout leaves.
    var noFrame: Duration?
    /// Frames are counted for so long; nil for what the timeout leaves.
    var measure: Duration?
    /// Fewer frames a second are degraded.
    var minRate: Double?
    /// More lost packets are degraded, in per cent.
    var maxLoss = 1.0

    /// What a run needs for its connection and its requests, and to say goodbye: one part in so many of the timeout.
    static let reserve = 10

    /// Without a frame for so long it is unhealthy, in a run of this timeout.
    func noFrame(within timeout: Duration) -> Duration {
        noFrame ?? min(.seconds(5), timeout * 5 / 12)
    }

    /// Frames are counted for so long in a run of this timeout.
    func measure(within timeout: Duration) -> Duration {
        measure ?? min(.seconds(2), timeout / 4)
    }

    /// The shortest timeout for what was given, should it be longer than `timeout`.
    func neededTimeout(beyond timeout: Duration) -> Duration? {
        let noFrame = noFrame(within: timeout)
        let longest = noFrame + max(noFrame, measure(within: timeout))
        guard longest > timeout - timeout / Self.reserve else { return nil }
        let needed = longest + longest / (Self.reserve - 1)
        return .seconds(needed.components.seconds + 1)
    }
}

/// What a status other than 2xx means.
enum RTSPRefusal {
    /// What is wrong and what to do.
    static func cause(_ status: Int, of method: RTSPMethod) -> String {
        switch status {
        case 300..<400: "it sends on to another URL (\(status)): use that one"
        case 401: "it refuses the user or the password"
        case 403: "it forbids this stream (403)"
        case 404: "it has no such stream (404)"
        case 453: "it has no bandwidth left (453)"
        case 454: "it has lost the session (454)"
        case 461: "it does not send over TCP (461)"
        case 503: "it cannot serve the stream now (503)"
        default: "it answers \(method.rawValue) with \(status)"
        }
    }
}
