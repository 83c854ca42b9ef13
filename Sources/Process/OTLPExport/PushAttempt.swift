// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import GRPCClient
import GRPCWire
import SystemIO
import TLSWire

/// One push: a connection of its own, and a call for each batch. It blocks.
///
/// A connection for each push costs a handshake in a minute, and saves what an idle one would need: answers to the
/// collector's pings, and the discovery that it has moved. Files of certificates are read anew, too.
struct PushAttempt {
    let configuration: PushConfiguration
    let deadline: MonotonicTime
    /// A push that goes on past this is cut short. May come earlier at any time.
    let interruption: PushInterruption

    private static let path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
    /// An answer has an error message at most.
    private static let maxAnswerSize = 64 << 10
    /// Between looks at the interruption.
    private static let slice = Duration.milliseconds(50)

    /// Sends all batches; what the collector says about them.
    func run(_ batches: inout MetricsBatches) throws(PushFailure) -> PushAnswer {
        var answer = PushAnswer()
        guard var batch = batches.next() else { return answer }
        let connection = try connect()
        while true {
            answer.add(try send(batch, over: connection))
            guard let next = batches.next() else { return answer }
            batch = next
        }
    }

    private func connect() throws(PushFailure) -> ClientConnection {
        let configuration = try clientConfiguration()
        do throws(ConnectionError) {
            let addresses = try self.configuration.target.resolve(until: deadline, retries: false)
            var dial = ClientDial(addresses, until: deadline, retries: false) {
                address throws(ConnectionError) in
                try ClientConnection.open(address, configuration, [])
            }
            return try dial.run()
        } catch {
            throw PushFailure(error)
        }
    }

    private func clientConfiguration() throws(PushFailure) -> ClientConfiguration {
        let authority = configuration.target.authority
        var client = ClientConfiguration(authority: authority)
        client.userAgent = "Vitals-OTLP-Exporter-Swift/" + Vitals.version
        client.serverName = ClientConfiguration.host(of: authority)
        do throws(TLSCredentialsError) {
            client.tls = try configuration.tlsContext()
        } catch {
            throw PushFailure(error)
        }
        return client
    }

    private func send(
        _ message: EncodedMessage, over connection: ClientConnection
    ) throws(PushFailure) -> PushAnswer {
        var request = ClientRequest(Self.path, message, metadata: configuration.headers)
        request.usesGzip = configuration.usesGzip
        request.maxMessageSize = Self.maxAnswerSize
        request.deadline = deadline
        let call = connection.start(request)
        try wait(for: call, connection)
        let status =
            call.status ?? Status(.deadlineExceeded, "the collector has not answered in time")
        guard status.code == .ok else { throw PushFailure(status, details: call.statusDetails) }
        // It took the batch, whatever it says about that.
        return call.takeMessage().flatMap { try? PushAnswer($0) } ?? PushAnswer()
    }

    private func wait(for call: ClientCall, _ connection: ClientConnection) throws(PushFailure) {
        do throws(ConnectionError) {
            while call.status == nil {
                let now = MonotonicTime.now()
                let end = min(deadline, interruption.time)
                if now >= end { return }
                _ = try connection.advance(until: min(end, now + Self.slice)) { call.status != nil }
            }
        } catch {
            throw PushFailure(error)
        }
    }
}
