// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import PostgresWire
import StatusBoard
import SystemIO
import TLSWire

/// Talks to PostgreSQL: TLS where it is wanted, the start of a session with a password, then the query. The connection is kept,
/// and ends with a Terminate.
struct PostgresSession: CheckSession {
    private enum Phase {
        /// Asked for TLS.
        case askingForTLS
        /// Until the server waits for the first query.
        case starting
        /// Limiting the time of queries.
        case limiting
        case querying
    }

    private let plan: PostgresPlan
    private let makeNonce: () -> String
    private var reader = PostgresReader()
    private var phase = Phase.starting
    private var scram: SCRAM?
    /// The proof was sent: a server that asks again would have us compute for long.
    private var hasProved = false
    /// The server has proved that it knows the password, too.
    private var isProved = false
    private var timeout = Duration.seconds(1)
    private var started = MonotonicTime(nanoseconds: 0)
    private var details: [String: String] = [:]
    private var value: String?
    private var rows = 0
    /// The server has said that the latest query is done.
    private var hasCompleted = false

    init(_ plan: PostgresPlan, makeNonce: @escaping () -> String) {
        self.plan = plan
        self.makeNonce = makeNonce
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        timeout = connection.timeout
        if connection.isReused { return query(at: now) }
        if plan.tlsMode == .disable { return startSession() }
        phase = .askingForTLS
        return .send(PostgresRequest.tls)
    }

    mutating func startedTLS(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        details["tls"] = connection.agreement?.version
        return startSession()
    }

    func abandoned() -> [UInt8] { PostgresRequest.terminate }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        reader.receive(bytes)
        if case .askingForTLS = phase {
            guard let answer = reader.nextByte() else { return .wait }
            return answeredTLS(answer)
        }
        var output: [UInt8] = []
        do throws(PostgresFault) {
            while let message = try reader.next() {
                let step = received(message, at: now)
                output += step.bytes
                guard case .wait = step.next else { return CheckStep(send: output, step.next) }
            }
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
        return .send(output)
    }

    func ended(at now: MonotonicTime) -> CheckResult {
        CheckResult(.unhealthy, "it closed the connection without an answer")
    }

    // MARK: The start of a session

    private mutating func startSession() -> CheckStep {
        phase = .starting
        return .send(PostgresRequest.startup(user: plan.user, database: plan.database))
    }

    private mutating func answeredTLS(_ answer: UInt8) -> CheckStep {
        guard [UInt8(ascii: "S"), UInt8(ascii: "N")].contains(answer) else {
            return .finish(CheckResult(.unhealthy, PostgresFault.notPostgres.text))
        }
        // What came behind the answer in plaintext would be taken for what TLS protects (CVE-2021-23222).
        if reader.pendingCount > 0 {
            return .finish(CheckResult(.unhealthy, PostgresFault.malformed.text))
        }
        switch (answer, plan.tlsMode) {
        case (UInt8(ascii: "S"), _): return CheckStep(.startTLS)
        case (_, .prefer): return startSession()
        default:
            return .finish(
                CheckResult(.unhealthy, "it has no TLS: turn it on there, or use sslmode=disable"))
        }
    }

    private mutating func received(_ message: PostgresMessage, at now: MonotonicTime) -> CheckStep {
        switch message {
        case .wantsPassword:
            return withPasswordOnce { .send(PostgresRequest.password($0)) }
        case .wantsMD5(let salt):
            return withPasswordOnce { [user = plan.user] in
                .send(PostgresRequest.md5(user: user, password: $0, salt: salt))
            }
        case .wantsSASL(let mechanisms): return startSCRAM(mechanisms)
        case .sasl(let data, let isFinal): return answerSCRAM(data, isFinal: isFinal)
        case .wantsOther:
            return .finish(
                CheckResult(
                    .unhealthy,
                    "it wants a way to log in that checks do not know: use scram-sha-256"))
        case .error(let code, let text): return refused(PostgresError(code, text))
        case .parameter("server_version", let version): details["version"] = version
        case .row(let first):
            if rows == 0 { value = first }
            rows += 1
        case .completed: hasCompleted = true
        case .ready: return ready(at: now)
        case .authenticated where scram != nil && !isProved:
            // It let us in without the proof that it knows the password itself.
            return refusal(SCRAM.Fault.serverNotProved.text)
        case .authenticated, .parameter, .other: break
        }
        return .wait
    }

    /// A server asks once. One that asks for ever would have us compute for ever.
    private mutating func withPasswordOnce(_ body: (String) -> CheckStep) -> CheckStep {
        if hasProved {
            return .finish(CheckResult(.unhealthy, PostgresFault.malformed.text))
        }
        hasProved = true
        return withPassword(body)
    }

    private func withPassword(_ body: (String) -> CheckStep) -> CheckStep {
        guard let password = plan.password else {
            return refusal("it wants a password: give one by password-file")
        }
        return body(password)
    }

    private mutating func startSCRAM(_ mechanisms: [String]) -> CheckStep {
        guard scram == nil else {
            return .finish(CheckResult(.unhealthy, PostgresFault.malformed.text))
        }
        guard mechanisms.contains(SCRAM.mechanism) else {
            return .finish(CheckResult(.unhealthy, "it has no SCRAM-SHA-256"))
        }
        return withPassword { password in
            let scram = SCRAM(password: password, nonce: makeNonce())
            self.scram = scram
            return .send(PostgresRequest.sasl(mechanism: SCRAM.mechanism, scram.first))
        }
    }

    private mutating func answerSCRAM(_ data: [UInt8], isFinal: Bool) -> CheckStep {
        do throws(SCRAM.Fault) {
            guard scram != nil else { throw .malformed }
            if isFinal {
                try scram?.verify(data)
                isProved = true
                return .wait
            }
            if hasProved { throw .malformed }
            hasProved = true
            return .send(PostgresRequest.sasl(try scram?.answer(data) ?? []))
        } catch {
            return refusal(error.text)
        }
    }

    private func refused(_ error: PostgresError) -> CheckStep {
        if error.isRefusal { return refusal(error.cause) }
        return .finish(
            CheckResult(error.state, error.cause, details: details),
            farewell: PostgresRequest.terminate)
    }

    private func refusal(_ cause: String) -> CheckStep {
        let result = CheckResult(.unhealthy, cause, details: [RefusalHold.mark: "true"])
        return .finish(result, farewell: PostgresRequest.terminate)
    }

    // MARK: The query

    private mutating func ready(at now: MonotonicTime) -> CheckStep {
        if case .starting = phase {
            // A server that is asked for a proof cannot leave it out by being ready.
            if scram != nil, !isProved { return refusal(SCRAM.Fault.serverNotProved.text) }
            return limit()
        }
        // Something that forwards for it may say so while no server is behind it.
        guard hasCompleted else {
            return .finish(
                CheckResult(
                    .unhealthy, "it has not answered the query", details: details),
                farewell: PostgresRequest.terminate)
        }
        if case .limiting = phase { return query(at: now) }
        return CheckStep(.finishKeeping(verdict(at: now)))
    }

    /// A backend that waits for a lock does not notice that its client has gone: without a limit each run would leave one.
    private mutating func limit() -> CheckStep {
        phase = .limiting
        hasCompleted = false
        let milliseconds = max(1, Int(timeout / .milliseconds(1) * 0.9))
        return .send(PostgresRequest.query("SET statement_timeout = \(milliseconds)"))
    }

    private mutating func query(at now: MonotonicTime) -> CheckStep {
        phase = .querying
        started = now
        (value, rows, hasCompleted) = (nil, 0, false)
        return .send(PostgresRequest.query(plan.query))
    }

    private func verdict(at now: MonotonicTime) -> CheckResult {
        let time = now - started
        if let expected = plan.expected, value != expected {
            return CheckResult(
                .unhealthy, "the query returned another value than expected", details: details)
        }
        if time > plan.slowAfter {
            let milliseconds = Int(time / .milliseconds(1))
            return CheckResult(.degraded, "the query took \(milliseconds) ms", details: details)
        }
        return CheckResult(.healthy, details: details)
    }
}
