// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import GRPCClient
import GRPCWire
import HealthCalls
import HealthProtocol
import StatusBoard
import SystemIO

/// Keeps a connection with a call of `grpc.health.v1.Health/Watch`, which tells of a change when it happens; each run asks
/// `Health/Check` over the same connection. So a server that hangs is found as without Watch, and a server that has no Watch is
/// checked as well.
final class GRPCWatchSession: CheckSession {
    private let configuration: ClientConfiguration
    private let service: String
    private var exchange: SharedExchange?
    private var check: ClientCall?
    private var watch: ClientCall?
    /// What the latest run has told; nil for what is no status.
    private var told: ServingStatus?
    /// Messages of Watch that a run was asked for, or that said what was told already.
    private var seenMessages = 0
    private var runs = 0
    /// Since the latest run began.
    private var receivedBytes = 0

    /// A server that sends more between two runs does not tell of changes.
    static let byteLimit = 64 << 10

    /// A session that asks for `service`; empty for the server as a whole.
    init(_ service: String, _ configuration: ClientConfiguration) {
        self.service = service
        self.configuration = configuration
    }

    func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        runs += 1
        receivedBytes = 0
        do throws(ConnectionError) {
            let exchange = try sharedExchange()
            if wantsWatch {
                watch = exchange.machine.start(.watch(service), at: now)
                seenMessages = 0
            }
            check = exchange.machine.start(.check(service), at: now)
            return try step(exchange, at: now)
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        guard let exchange else { return .wait }
        do throws(ConnectionError) {
            try exchange.machine.receive(bytes, at: now)
            return try step(exchange, at: now)
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
    }

    func ended(at now: MonotonicTime) -> CheckResult {
        CheckResult(.unhealthy, "it closed the connection in the middle of the call")
    }

    // MARK: Between runs

    func receivedBetweenRuns(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> [UInt8]? {
        receivedBytes += bytes.count
        guard let exchange, receivedBytes <= Self.byteLimit else { return nil }
        do throws(ConnectionError) {
            try exchange.machine.receive(bytes, at: now)
            let output = try exchange.machine.takeOutput(at: now)
            return canBeKept(exchange) ? output : nil
        } catch {
            return nil
        }
    }

    func takeNews() -> Bool {
        guard let watch, watch.messageCount > seenMessages else { return false }
        seenMessages = watch.messageCount
        do throws(Status) {
            return try ServingStatus(answer: watch.messages.last ?? []) != told
        } catch {
            return true
        }
    }

    /// A server that closes each connection at once is asked no sooner than others.
    var isLossNews: Bool { runs > 1 }

    // MARK: Steps

    private func sharedExchange() throws(ConnectionError) -> SharedExchange {
        if let exchange { return exchange }
        let exchange = try SharedExchange(configuration)
        self.exchange = exchange
        return exchange
    }

    /// It has ended for another reason than that there is no such method.
    private var wantsWatch: Bool {
        guard let watch else { return true }
        return watch.status.map { $0.code != .unimplemented } ?? false
    }

    private func canBeKept(_ exchange: SharedExchange) -> Bool {
        exchange.machine.end == nil && exchange.machine.goAway == nil
    }

    private func step(
        _ exchange: SharedExchange, at now: MonotonicTime
    ) throws(ConnectionError) -> CheckStep {
        let output = try exchange.machine.takeOutput(at: now)
        if let check, var result = CheckResult(of: check, service) {
            told = status(of: check)
            let isSupported = watch?.status?.code != .unimplemented
            result.details["watch"] = isSupported ? "yes" : "unimplemented"
            self.check = nil
            return canBeKept(exchange)
                ? CheckStep(send: output, .finishKeeping(result)) : .finish(result)
        }
        if let error = exchange.machine.end {
            return .finish(CheckResult(.unhealthy, error.text))
        }
        return .send(output)
    }

    /// Watch says of a name that is not known what Check fails with.
    private func status(of check: ClientCall) -> ServingStatus? {
        if check.status?.code == .notFound { return .serviceUnknown }
        do throws(Status) {
            return try ServingStatus(answer: check.messages.last ?? [])
        } catch {
            return nil
        }
    }
}
