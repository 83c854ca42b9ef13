// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import GRPCWire
import HTTP2Wire
import HealthProtocol
import ProtobufWire
import SystemIO
import TLSWire

/// What a check came to, and what it took.
public struct ProbeReport: Sendable {
    public let verdict: ProbeVerdict
    /// Why there was no connection; nil when there was one.
    public let cause: ProbeCause?
    /// Until the server's SETTINGS came.
    public let connectTime: Duration
    /// From then to the end of the RPC; zero without a connection.
    public let rpcTime: Duration

    /// The lines for standard error: the verdict, and below it the cause of a missing connection.
    public var text: String {
        verdict.text + "\n" + (cause.map { ProbeMessage.cause($0.text) + "\n" } ?? "")
    }
}

/// The phases of a check, which a signal's line is about.
public enum ProbePhase: Sendable { case connecting, calling }

/// One check: connect, again and again until the time for it is over; then one RPC.
///
/// The request goes out with the connection preface, so that an answer takes one round trip. An attempt that
/// dies before the server's SETTINGS came was no connection, and is made again.
public struct ProbeRun {
    private let options: ProbeOptions
    private let onPhase: (ProbePhase, Duration) -> Void
    private let start: MonotonicTime
    private let connectDeadline: MonotonicTime

    private static let firstBackoff = Duration.milliseconds(25)
    private static let longestBackoff = Duration.milliseconds(100)
    /// What an address gets when there are others to try.
    private static let patience = Duration.milliseconds(250)

    /// A check that starts now. `onPhase` is told each phase as it begins, and the time since the start.
    public init(_ options: ProbeOptions, onPhase: @escaping (ProbePhase, Duration) -> Void) {
        self.options = options
        self.onPhase = onPhase
        self.start = .now()
        self.connectDeadline = start + options.connectTimeout
    }

    /// Makes the check; returns at the latest when both time-outs are over.
    public func run() -> ProbeReport {
        onPhase(.connecting, .zero)
        let tls: TLSContext?
        do throws(TLSOptionsError) {
            tls = try options.makeTLSContext()
        } catch {
            return ProbeReport(
                verdict: .tlsCredentialsFailed(reason: error.reason), cause: nil,
                connectTime: .zero, rpcTime: .zero)
        }
        let target: ProbeTarget
        do throws(ProbeTargetError) {
            target = try ProbeTarget(options.address)
        } catch {
            return failure(.address(error))
        }
        var backoff = Self.firstBackoff
        var earlier: ProbeCause?
        while true {
            let cause: ProbeCause
            let hadTime = connectDeadline - .now() > Self.patience / 2
            do throws(ProbeCause) {
                return try attempt(target, tls)
            } catch {
                // An attempt that began too late tells less than the one before it.
                cause = error.isTimeout && !hadTime ? earlier ?? error : error
            }
            earlier = cause
            let retry = MonotonicTime.now() + backoff
            if retry >= connectDeadline {
                connectDeadline.sleep()
                return failure(cause)
            }
            retry.sleep()
            backoff = min(backoff * 2, Self.longestBackoff)
        }
    }

    /// Tries every address of the target once.
    private func attempt(
        _ target: ProbeTarget, _ tls: TLSContext?
    ) throws(ProbeCause) -> ProbeReport {
        let addresses = try resolve(target)
        var cause = ProbeCause.silent
        for (index, address) in addresses.enumerated() {
            let isLast = index == addresses.count - 1
            let patience = MonotonicTime.now() + Self.patience
            let deadline = isLast ? connectDeadline : min(patience, connectDeadline)
            do throws(ProbeCause) {
                return try check(
                    address, authority: target.authority, tls, connectBy: deadline)
            } catch {
                cause = error
            }
        }
        throw cause
    }

    private func resolve(_ target: ProbeTarget) throws(ProbeCause) -> [SocketAddress] {
        switch target.endpoint {
        case .unix(let path):
            guard let address = SocketAddress(unixPath: path) else {
                throw .connect(to: "unix:\(path)", .nameTooLong)
            }
            return [address]
        case .host(let host, let port):
            do throws(NameResolutionError) {
                return try NameResolver.resolve(host, port: port, deadline: connectDeadline)
            } catch {
                throw .resolve(error)
            }
        }
    }

    /// Connects and makes the call. Throws when there is no connection; everything after it is a verdict.
    private func check(
        _ address: SocketAddress, authority: String, _ tls: TLSContext?,
        connectBy deadline: MonotonicTime
    ) throws(ProbeCause) -> ProbeReport {
        let session = try tls?.session(for: options.tlsServerName(authority: authority))
        var connection = try ProbeConnection.open(address, tls: session, deadline: deadline)
        let call = ProbeCall(HealthCheckRequest.encode(service: options.service))
        let isSent = connection.session.request(
            call, headers: requestHeaders(authority: authority), hasBody: true)
        if !isSent { throw .http2(text: "the request cannot be sent") }
        var status: Status?
        var connected: MonotonicTime?
        while connected == nil {
            switch try connection.exchange(until: deadline) {
            case .deadlinePassed: throw tls == nil ? .silent : .silentInTLS
            case .endOfFile: throw tls == nil ? .hungUp : .tlsFailed(.closed)
            case .events: break
            }
            for event in connection.batch.events {
                if case .settings = event { connected = .now() }
                if status == nil { status = call.received(event) }
            }
            // It answered before its SETTINGS: HTTP/2 of a kind, but no connection.
            if connected == nil, let status { throw .http2(text: status.message) }
        }
        return finish(&connection, call, status, connected: connected ?? .now())
    }

    private func finish(
        _ connection: inout ProbeConnection, _ call: ProbeCall, _ early: Status?,
        connected: MonotonicTime
    ) -> ProbeReport {
        onPhase(.calling, connected - start)
        let deadline = connected + options.rpcTimeout
        var status = early
        while status == nil { status = next(&connection, call, deadline) }
        let verdict = verdict(status ?? .ok, call)
        return ProbeReport(
            verdict: verdict, cause: nil, connectTime: connected - start,
            rpcTime: MonotonicTime.now() - connected)
    }

    /// The call's status, if the next bytes of the server or its silence bring one.
    private func next(
        _ connection: inout ProbeConnection, _ call: ProbeCall, _ deadline: MonotonicTime
    ) -> Status? {
        do throws(ProbeCause) {
            switch try connection.exchange(until: deadline) {
            case .deadlinePassed: return Status(.deadlineExceeded, "context deadline exceeded")
            case .endOfFile: return Status(.unavailable, "error reading from server: EOF")
            case .events: break
            }
        } catch {
            return Status(.unavailable, "error reading from server: \(error.text)")
        }
        for event in connection.batch.events {
            if let status = call.received(event) { return status }
        }
        return nil
    }

    private func verdict(_ status: Status, _ call: ProbeCall) -> ProbeVerdict {
        if status.code != .ok {
            return ProbeVerdict(failure: status, timeout: options.rpcTimeout)
        }
        guard call.messages.count == 1 else {
            let text = "the server sent \(call.messages.count) messages where one is due"
            return .rpcFailed(Status(.internal, text))
        }
        do throws(Status) {
            return .answered(
                try call.messages[0].withUnsafeBufferPointer { buffer throws(Status) in
                    try HealthCheckResponse.decode(
                        UnsafeRawBufferPointer(buffer), in: DecodingArena())
                })
        } catch {
            return .rpcFailed(Status(.internal, "the server's answer is not valid protobuf"))
        }
    }

    private func requestHeaders(authority: String) -> HeaderFields {
        var fields: [(name: String, value: String)] = [
            (":method", "POST"), (":scheme", options.usesTLS ? "https" : "http"),
            (":path", "\(HealthMethods.check)"),
            (":authority", options.serverName.isEmpty ? authority : options.serverName),
            ("te", "trailers"), ("content-type", "application/grpc"),
            ("user-agent", "\(options.userAgent) vitals/\(Vitals.version)"),
            ("grpc-timeout", GRPCTimeout.format(nanoseconds: options.rpcTimeout.wholeNanoseconds)),
        ]
        for header in options.rpcHeaders where !header.isReserved {
            fields.append((header.name, header.encodedValue))
        }
        return .custom(fields)
    }

    private func failure(_ cause: ProbeCause) -> ProbeReport {
        ProbeReport(
            verdict: .connectTimedOut(address: options.address, options.connectTimeout),
            cause: cause, connectTime: MonotonicTime.now() - start, rpcTime: .zero)
    }
}
