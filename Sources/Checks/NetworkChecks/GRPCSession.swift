// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import GRPCClient
import GRPCWire
import HealthProbe
import HealthProtocol
import StatusBoard
import SystemIO
import Text

/// Asks `grpc.health.v1.Health/Check` once, and judges the status.
final class GRPCSession: CheckSession {
    private let configuration: ClientConfiguration
    private let service: String
    private var exchange: Exchange?
    private var call: ClientCall?

    /// An exchange cannot be copied, and this class lends it.
    private final class Exchange {
        var machine: ClientExchange
        init(_ configuration: ClientConfiguration) throws(ConnectionError) {
            machine = try .make(configuration)
        }
    }

    /// A session that asks for `service`; empty for the server as a whole.
    init(_ service: String, _ configuration: ClientConfiguration) {
        self.service = service
        self.configuration = configuration
    }

    func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        do throws(ConnectionError) {
            let exchange = try Exchange(configuration)
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
            if let result { return .finish(result) }
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

    /// What the call came to; nil while it goes on.
    private var result: CheckResult? {
        guard let call, let status = call.status else { return nil }
        let name = service.isEmpty ? "the server" : PrintableText.quoted(service)
        switch status.code {
        case .ok: break
        case .notFound: return CheckResult(.unhealthy, "it does not know the health name \(name)")
        case .unimplemented: return CheckResult(.unhealthy, "it has no health service")
        default:
            let text = PrintableText.escaped(status.message, limit: 200)
            return CheckResult(.unhealthy, "its health check failed with \(status.code): \(text)")
        }
        do throws(Status) {
            let serving = try ServingStatus(answer: call.messages.last ?? [])
            let details = ["status": serving.name]
            return serving == .serving
                ? CheckResult(.healthy, details: details)
                : CheckResult(.unhealthy, "\(name) is \(serving.name)", details: details)
        } catch {
            return CheckResult(.unhealthy, "its answer is no HealthCheckResponse")
        }
    }
}
