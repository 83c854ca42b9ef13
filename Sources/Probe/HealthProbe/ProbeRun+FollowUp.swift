// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import HealthCalls
import HealthProtocol
import SystemIO

/// What another question on the same connection found out about a failed one.
enum FollowUp: Equatable {
    /// The names that the server has.
    case names([String])
    /// The same question without gzip is answered.
    case worksWithoutGzip
    /// Check is answered.
    case checkWorks
}

/// After an answer that may mean several things, asks on in the time left.
extension ProbeRun {
    /// What can be found out about a call for `service` that ended with `status` of the server's; nil when there is
    /// nothing, or no time.
    func followUp(
        _ call: ClientCall, for service: String, _ status: Status,
        on connection: ClientConnection, until deadline: MonotonicTime
    ) -> FollowUp? {
        func answer(to request: ClientRequest) -> ClientCall? {
            guard MonotonicTime.now() < deadline else { return nil }
            let call = connection.start(request)
            _ = wait(connection, until: deadline) { call.status != nil || call.messageCount > 0 }
            let isKnown = call.failure == nil && call.status?.code == .notFound
            return call.messageCount > 0 || isKnown ? call : nil
        }
        switch status.code {
        case .notFound:
            return answer(to: bounded(.list())).flatMap { names($0) }.map { .names($0) }
        case .unimplemented:
            var plain = call.request
            plain.usesGzip = false
            if options.usesGzip, answer(to: plain) != nil { return .worksWithoutGzip }
            if case .check = options.question { return nil }
            plain = bounded(.check(service))
            plain.usesGzip = false
            return answer(to: plain) != nil ? .checkWorks : nil
        default: return nil
        }
    }

    private func names(_ call: ClientCall) -> [String]? {
        guard call.status == nil || call.status == .ok, call.messageCount == 1 else { return nil }
        do throws(Status) {
            return try call.listedStatuses().map { $0.name }
        } catch {
            return nil
        }
    }
}
