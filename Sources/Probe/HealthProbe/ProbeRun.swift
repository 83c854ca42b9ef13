// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import HealthProtocol
import SystemIO
import TLSWire

/// The phases of a check, which a signal's line is about.
public enum ProbePhase: Sendable { case connecting, calling }

/// The connection that the RPC goes over; for people.
public struct ProbeLink: Sendable {
    /// The address, of those of the name, that answered first.
    public let address: String
    /// What TLS has agreed on; nil without it.
    public let agreement: TLSAgreement?
    /// The time until it was established.
    public let time: Duration
}

/// One run of the probe: connect, again and again until the time for it is over; then one RPC, or one for each
/// name.
///
/// The requests go out with the connection preface, so that an answer takes one round trip. An attempt that
/// dies before the server's SETTINGS came was no connection, and is made again.
public struct ProbeRun {
    let options: ProbeOptions
    private let onConnected: (ProbeLink) -> Void
    private let credentials: Result<TLSContext?, CredentialsError>
    private let start: MonotonicTime
    private let connectDeadline: MonotonicTime
    /// When all of it has to be over, credentials included; far away without -timeout.
    let end: MonotonicTime

    /// A run that starts as soon as it has its credentials: their time is not the connection's. `onConnected`
    /// is told when the connection stands, before its RPC is waited for.
    public init(_ options: ProbeOptions, onConnected: @escaping (ProbeLink) -> Void) {
        self.options = options
        self.onConnected = onConnected
        end = options.timeout.map { .now() + $0 } ?? .distantFuture
        do throws(CredentialsError) {
            credentials = .success(options.usesALTS ? nil : try options.makeCredentials(until: end))
        } catch {
            credentials = .failure(error)
        }
        self.start = .now()
        self.connectDeadline = min(start + options.connectTimeout, end)
    }

    /// Asks the server; returns at the latest when its time-outs are over.
    public func run() -> ProbeReport {
        if options.usesALTS { return failure(.alts, ProbeTimes()) }
        switch credentials {
        case .success(let tls): return run(over: tls)
        case .failure(let error):
            return ProbeReport(
                verdict: error.verdict, cause: nil, times: ProbeTimes(), isConnected: false)
        }
    }

    private func run(over tls: TLSContext?) -> ProbeReport {
        var times = ProbeTimes()
        do throws(ProbeCause) {
            let target = try parseTarget()
            let addresses = try resolve(target)
            let resolved = MonotonicTime.now()
            times.resolve = resolved - start
            var race = ProbeRace(addresses, deadline: connectDeadline) {
                address throws(ProbeCause) in
                try begin(address, authority: target.authority, tls)
            }
            let attempt = try race.run()
            let established = attempt.established ?? .now()
            times.connect = max((attempt.reached ?? established) - resolved, .zero)
            times.handshake = established - (attempt.reached ?? established)
            onConnected(
                ProbeLink(
                    address: attempt.address.text, agreement: attempt.agreement,
                    time: established - start))
            return call(attempt, established, times)
        } catch {
            if times.resolve == .zero { times.resolve = MonotonicTime.now() - start }
            return failure(error, times)
        }
    }

    private func parseTarget() throws(ProbeCause) -> ProbeTarget {
        do throws(ProbeTargetError) {
            return try ProbeTarget(options.address)
        } catch {
            throw .address(error)
        }
    }

    /// Asks for the addresses, again and again until there is one.
    private func resolve(_ target: ProbeTarget) throws(ProbeCause) -> [SocketAddress] {
        switch target.endpoint {
        case .unix(let path):
            guard let address = SocketAddress(unixPath: path) else {
                throw .connect(to: "unix:\(path)", .nameTooLong)
            }
            return [address]
        case .host(let host, let port):
            var backoff = ProbeBackoff()
            while true {
                do throws(NameResolutionError) {
                    return try NameResolver.resolve(host, port: port, deadline: connectDeadline)
                } catch {
                    let retry = MonotonicTime.now() + backoff.next()
                    if retry >= connectDeadline {
                        connectDeadline.sleep()
                        throw .resolve(error)
                    }
                    retry.sleep()
                }
            }
        }
    }

    private func begin(
        _ address: SocketAddress, authority: String, _ tls: TLSContext?
    ) throws(ProbeCause) -> ProbeAttempt {
        let session = try tls?.session(for: options.tlsServerName(authority: authority))
        let connection = try ProbeConnection.open(address, tls: session)
        return ProbeAttempt(connection, to: address, calls()) { call in
            let timeout = min(options.rpcTimeout, end - .now())
            return call.headers(authority: authority, timeout: timeout, options)
        }
    }

    private func calls() -> [ProbeCall] {
        switch options.question {
        case .check(let names): names.map { .check($0, inGzip: options.usesGzip) }
        case .watch(let name): [.watch(name, inGzip: options.usesGzip)]
        case .list: [.list(inGzip: options.usesGzip)]
        }
    }

    private func failure(_ cause: ProbeCause, _ times: ProbeTimes) -> ProbeReport {
        var times = times
        times.connect = MonotonicTime.now() - start - times.resolve
        if case .address = cause {
            // Nothing that is waited for could mend it.
            times.connect = .zero
        }
        return ProbeReport(
            verdict: .connectTimedOut(address: options.address, options.connectTimeout),
            cause: cause.text, times: times, isConnected: false)
    }
}
