// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import GRPCClient
import HealthCalls
import StatusBoard
import SystemIO

/// Asks `grpc.health.v1.Health/Check` once, and judges the status.
final class GRPCSession: CheckSession {
    private let configuration: ClientConfiguration
    private let service: String
    private var exchange: SharedExchange?
    private var call: ClientCall?

    /// A session that asks for `service`; empty for the server as a whole.
    init(_ service: String, _ configuration: ClientConfiguration) {
        self.service = service
        self.configuration = configuration
    }

    func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        do throws(ConnectionError) {
            let exchange = try SharedExchange(configuration)
            self.exchange = exchange
            call = exchange.machine.start(.check(service), at: now)
            return .send(try exchange.machine.takeOutput(at: now))
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        guard let exchange else { return .wait }
        do throws(ConnectionError) {
            try exchange.machine.receive(bytes, at: now)
            let output = try exchange.machine.takeOutput(at: now)
            if let result = call.flatMap({ CheckResult(of: $0, service) }) {
                return .finish(result)
            }
            if let error = exchange.machine.end {
                return .finish(CheckResult(.unhealthy, error.text))
            }
            return .send(output)
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    func ended(at now: MonotonicTime) -> CheckResult {
        CheckResult(.unhealthy, "it closed the connection in the middle of the call")
    }
}
