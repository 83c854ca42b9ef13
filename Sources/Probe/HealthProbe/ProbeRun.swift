// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import HealthCalls
import SystemIO
package import TLSWire

/// The phases of a check, which a signal's line is about.
package enum ProbePhase: Sendable { case connecting, calling }

/// The connection that the RPC goes over; for people.
package struct ProbeLink: Sendable {
    /// The address, of those of the name, that answered first.
    package let address: String
    /// What TLS has agreed on; nil without it.
    package let agreement: TLSAgreement?
    /// The time until it was established.
    package let time: Duration
}

/// What a run is at.
package enum ProbeEvent {
    /// There are credentials, or none are needed: the time of the connection begins.
    case connecting
    /// There is a connection; its RPC is waited for. What it is like is found out only for who asks.
    case connected(link: () -> ProbeLink)
}

/// One run of the probe: get credentials; connect, again and again until the time for it is over; then one RPC, or one
/// for each name.
///
/// The requests go out with the connection preface, so that an answer takes one round trip. An attempt that
/// dies before the server's SETTINGS came was no connection, and is made again.
package struct ProbeRun {
    let options: ProbeOptions
    private let onEvent: (ProbeEvent) -> Void
    /// When all of it has to be over, credentials included; far away without -timeout.
    let end: MonotonicTime
    /// Kept as long as the run.
    private var connection: ClientConnection?

    /// A run whose time begins now. `onEvent` is told of each step.
    package init(_ options: ProbeOptions, onEvent: @escaping (ProbeEvent) -> Void) {
        self.options = options
        self.onEvent = onEvent
        end = options.timeout.map { .now() + $0 } ?? .distantFuture
    }

    /// Asks the server; returns at the latest when its time-outs are over.
    package mutating func run() -> ProbeReport {
        let credentials = credentials
        onEvent(.connecting)
        switch credentials {
        case .success(let tls): return check(over: tls)
        case .failure(let error):
            return ProbeReport(
                verdict: ProbeVerdict(error), cause: nil, times: ProbeTimes(), isConnected: false)
        }
    }

    private var credentials: Result<TLSContext?, CredentialsError> {
        do throws(CredentialsError) {
            return .success(try options.makeCredentials(until: end))
        } catch {
            return .failure(error)
        }
    }

    private mutating func check(over tls: TLSContext?) -> ProbeReport {
        if options.transport.usesALTS {
            return failure(
                "ALTS: it only works on Google Cloud, and not in this probe: "
                    + "use -tls, or a plaintext port for health", ProbeTimes())
        }
        do throws(ClientTargetError) {
            return check(try ClientTarget(options.address), tls)
        } catch {
            // No time would mend it.
            return failure(error.text, ProbeTimes())
        }
    }

    private mutating func check(_ target: ClientTarget, _ tls: TLSContext?) -> ProbeReport {
        let start = MonotonicTime.now()
        let deadline = min(start + options.connectTimeout, end)
        var times = ProbeTimes()
        do throws(ConnectionError) {
            let addresses = try target.resolve(until: deadline)
            let resolved = MonotonicTime.now()
            times.resolve = resolved - start
            let (configuration, requests) = (configuration(for: target, tls), requests)
            var dial = ClientDial(addresses, until: deadline) {
                address throws(ConnectionError) in
                try ClientConnection.open(address, configuration, requests)
            }
            let connection = try dial.run()
            self.connection = connection
            let established = connection.established ?? .now()
            let connected = connection.connected ?? established
            times.connect = max(connected - resolved, .zero)
            times.handshake = established - connected
            onEvent(
                .connected {
                    ProbeLink(
                        address: connection.address.text, agreement: connection.agreement,
                        time: established - start)
                })
            return call(connection, established, times)
        } catch {
            let past = MonotonicTime.now() - start
            if times.resolve == .zero { times.resolve = past }
            times.connect = past - times.resolve
            return failure(error.cause, times)
        }
    }

    private func configuration(
        for target: ClientTarget, _ tls: TLSContext?
    ) -> ClientConfiguration {
        let name =
            options.transport.serverName.isEmpty ? target.authority : options.transport.serverName
        var configuration = ClientConfiguration(authority: name, tls: tls)
        configuration.userAgent = options.wholeUserAgent
        configuration.serverName = ClientConfiguration.host(of: name)
        return configuration
    }

    /// The requests that go out with each attempt to connect.
    private var requests: [ClientRequest] {
        switch options.question {
        case .check(let names): names.map { bounded(.check($0)) }
        case .watch(let name): [bounded(.watch(name))]
        case .list: [bounded(.list())]
        }
    }

    /// A request with what the flags say of all.
    func bounded(_ request: ClientRequest) -> ClientRequest {
        var request = request
        request.timeout = options.rpcTimeout
        request.deadline = end
        request.usesGzip = options.usesGzip
        // A server that sends one message after the other fills no memory.
        request.keepsOnlyNewest = true
        request.fields = options.rpcHeaders.filter { !$0.isReserved }.map {
            ($0.name, $0.encodedValue)
        }
        return request
    }

    private func failure(_ cause: String, _ times: ProbeTimes) -> ProbeReport {
        ProbeReport(
            verdict: .connectTimedOut(address: options.address, options.connectTimeout),
            cause: cause, times: times, isConnected: false)
    }
}
