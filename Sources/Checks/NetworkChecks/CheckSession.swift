// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
import StatusBoard
package import SystemIO
package import TLSWire

/// What a check says to its target over one connection, and how it judges the answers. Pure: bytes and time come in, bytes and
/// a result go out.
///
/// A session lives as long as its connection. Where the connection is kept between runs, ``began(_:at:)`` is called again.
package protocol CheckSession {
    /// A run begins; the connection is open, with TLS where the target says so.
    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep
    /// Bytes of the target came, which are valid during the call.
    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep
    /// TLS was started, as the session has asked for.
    mutating func startedTLS(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep
    /// The time has passed that the session has asked for.
    mutating func timePassed(at now: MonotonicTime) -> CheckStep
    /// The target has closed the connection during the run.
    mutating func ended(at now: MonotonicTime) -> CheckResult
    /// The run is given up, or there will be no other: what the connection ends with.
    mutating func abandoned() -> [UInt8]

    /// Bytes of the target came on a connection that is kept, while no run goes on. Bytes for the target; nil when the
    /// connection is to be closed.
    mutating func receivedBetweenRuns(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> [UInt8]?
    /// Whether the target has told something since the last call of this that the latest result does not say: asks for a run.
    mutating func takeNews() -> Bool
    /// The loss of a connection that is kept says something of the target: asks for a run.
    var isLossNews: Bool { get }
}

/// What a session wants next.
package struct CheckStep {
    /// What follows the bytes.
    package enum Next {
        /// More of the target.
        case wait
        /// More of the target, but not beyond this time.
        case waitUntil(MonotonicTime)
        /// TLS, on the same connection.
        case startTLS
        /// Nothing: this is the result, and the connection is closed.
        case finish(CheckResult)
        /// Nothing: this is the result, and the connection is kept for the next run.
        case finishKeeping(CheckResult)
    }

    /// Bytes for the target.
    package var bytes: [UInt8]
    package var next: Next

    /// Sends bytes, then does what is next.
    package init(send bytes: [UInt8] = [], _ next: Next) {
        self.bytes = bytes
        self.next = next
    }

    /// Waits for more.
    package static let wait = CheckStep(.wait)

    /// Sends bytes and waits for the answer.
    package static func send(_ bytes: [UInt8]) -> CheckStep { CheckStep(send: bytes, .wait) }

    /// Ends the run and the connection, after `farewell`.
    package static func finish(_ result: CheckResult, farewell: [UInt8] = []) -> CheckStep {
        CheckStep(send: farewell, .finish(result))
    }
}

/// What is known of the connection of a run.
package struct CheckConnection: Sendable {
    /// The connection was used by an earlier run.
    package let isReused: Bool
    /// What TLS agreed on; nil in plaintext.
    package let agreement: TLSAgreement?
    /// Days that the target's certificate is still valid; nil in plaintext.
    package let certificateDays: Int?
    /// From the start of the run until it was open.
    package let connectTime: Duration
    /// How long the run may take.
    package let timeout: Duration

    /// Facts of a connection.
    package init(
        isReused: Bool = false, agreement: TLSAgreement? = nil, certificateDays: Int? = nil,
        connectTime: Duration = .zero, timeout: Duration = .seconds(1)
    ) {
        self.timeout = timeout
        self.isReused = isReused
        self.agreement = agreement
        self.certificateDays = certificateDays
        self.connectTime = connectTime
    }
}

extension CheckSession {
    /// Sessions that do not ask for TLS are never told.
    package mutating func startedTLS(
        _ connection: CheckConnection, at now: MonotonicTime
    ) -> CheckStep { .wait }

    /// Sessions that do not ask for time are never told.
    package mutating func timePassed(at now: MonotonicTime) -> CheckStep { .wait }

    /// Most protocols need no farewell.
    package mutating func abandoned() -> [UInt8] { [] }

    package mutating func ended(at now: MonotonicTime) -> CheckResult {
        CheckResult(.unhealthy, "it closed the connection without an answer")
    }

    /// Most targets have nothing to say between runs: what they say is no answer to the next question.
    package mutating func receivedBetweenRuns(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> [UInt8]? { nil }

    package mutating func takeNews() -> Bool { false }

    /// Most targets close connections that nothing comes over.
    package var isLossNews: Bool { false }
}
