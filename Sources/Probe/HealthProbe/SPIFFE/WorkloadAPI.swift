// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import SystemIO

/// The SPIFFE Workload API as the probe uses it: one identity, asked for once.
struct WorkloadAPI {
    private static let fetch: StaticString = "/SpiffeWorkloadAPI/FetchX509SVID"

    /// Bytes of its answer: some hundred bundles.
    private static let maxMessageSize = 1 << 20

    private let address: SocketAddress
    private let userAgent: String

    init(_ endpoint: WorkloadEndpoint, userAgent: String) {
        self.address = endpoint.address
        self.userAgent = userAgent
    }

    /// Asks the agent, again and again until it answers: it may come up later than the probe, or not know the
    /// workload yet. Throws when `deadline` has passed.
    func fetchIdentity(until deadline: MonotonicTime) throws(WorkloadError) -> WorkloadIdentity {
        var backoff = ProbeBackoff()
        var earlier: WorkloadError?
        while true {
            let start = MonotonicTime.now()
            let failure: WorkloadError
            do throws(WorkloadError) {
                return try WorkloadIdentity(decoding: try ask(until: deadline))
            } catch {
                failure = error
            }
            let now = MonotonicTime.now()
            // One that had only just begun when time was over says less than the one that failed before it.
            let isCutOff = now >= deadline && now - start < ProbeBackoff.longest
            let telling = isCutOff ? earlier ?? failure : failure
            let retry = now + backoff.next()
            if retry >= deadline { throw telling }
            earlier = telling
            retry.sleep()
        }
    }

    /// The first message of the agent's stream.
    private func ask(until deadline: MonotonicTime) throws(WorkloadError) -> [UInt8] {
        let call = ProbeCall(
            Self.fetch, service: "", .empty, inGzip: false, maxMessageSize: Self.maxMessageSize)
        do throws(ProbeCause) {
            let attempt = ProbeAttempt(
                try ProbeConnection.open(address, tls: nil), to: address, [call]
            ) { _ in headers }
            let isAnswered = try attempt.advance(until: deadline) {
                call.messageCount > 0 || call.status != nil
            }
            if !isAnswered { throw attempt.causeOfDelay }
        } catch {
            throw WorkloadError("the SPIFFE agent at \(address.text): \(error.text)")
        }
        if call.messageCount > 0 { return call.message }
        throw WorkloadError(ProbeMessage.rpcError(call.status ?? .ok))
    }

    private var headers: HeaderFields {
        .custom([
            (":method", "POST"), (":scheme", "http"), (":path", "\(Self.fetch)"),
            (":authority", "localhost"), ("te", "trailers"),
            ("content-type", "application/grpc"), ("user-agent", userAgent),
            // Keeps a forged request of a browser's from being one (SPIFFE Workload Endpoint, 5).
            ("workload.spiffe.io", "true"),
        ])
    }
}
