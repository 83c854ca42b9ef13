// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Dialer
import GRPCClient
import GRPCWire
import SystemIO

/// The SPIFFE Workload API as the probe uses it: one identity, asked for once.
struct WorkloadAPI {
    private static let fetch = "/SpiffeWorkloadAPI/FetchX509SVID"

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
        var backoff = RetryBackoff()
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
            let isCutOff = now >= deadline && now - start < RetryBackoff.longest
            let telling = isCutOff ? earlier ?? failure : failure
            let retry = now + backoff.advance()
            if retry >= deadline { throw telling }
            earlier = telling
            retry.sleep()
        }
    }

    /// The first message of the agent's stream.
    private func ask(until deadline: MonotonicTime) throws(WorkloadError) -> [UInt8] {
        var configuration = ClientConfiguration(authority: "localhost")
        configuration.userAgent = userAgent
        let call: ClientCall
        do throws(ConnectionError) {
            let connection = try ClientConnection.open(address, configuration, [request])
            call = connection.firstCalls[0]
            let isAnswered = try connection.advance(until: deadline) {
                call.messageCount > 0 || call.status != nil
            }
            if !isAnswered { throw connection.delay }
        } catch {
            throw WorkloadError("the SPIFFE agent at \(address.text): \(error.cause)")
        }
        if let message = call.takeMessage() { return message }
        throw WorkloadError(ProbeMessage.rpcError(call.status ?? .ok))
    }

    private var request: ClientRequest {
        var request = ClientRequest(Self.fetch)
        request.maxMessageSize = Self.maxMessageSize
        request.keepsOnlyNewest = true
        // Keeps a forged request of a browser's from being one (SPIFFE Workload Endpoint, 5).
        request.fields = [("workload.spiffe.io", "true")]
        return request
    }
}
