// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import RedisWire
import StatusBoard
import SystemIO

/// Talks to Redis: HELLO on a new connection, then PING and INFO, and on a master a key that is written, read and deleted. The
/// connection is kept.
struct RedisSession: CheckSession {
    /// What the next reply answers.
    private enum Question: Equatable {
        case hello
        case auth, select, ping, info
        case set, get, delete
    }

    private let plan: RedisPlan
    /// Unique to this process and run: two checks must not delete each other's key.
    private let makeKey: () -> String
    private var reader = RedisReader()
    private var questions: [Question] = []
    private var key = ""
    private var started = MonotonicTime(nanoseconds: 0)
    private var pingTime = Duration.zero
    private var isMaster = false
    private var details: [String: String] = [:]
    /// The worst that was found so far, short of what ends the run.
    private var finding: CheckResult?

    init(_ plan: RedisPlan, makeKey: @escaping () -> String) {
        self.plan = plan
        self.makeKey = makeKey
    }

    mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        finding = nil
        if connection.isReused { return ask(at: now) }
        questions = [.hello]
        var words = ["HELLO", "3"]
        if let password = plan.password { words += ["AUTH", plan.user ?? "default", password] }
        return .send(RedisCommand.encode(words + ["SETNAME", "vitals"]))
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer, at now: MonotonicTime) -> CheckStep {
        reader.receive(bytes)
        var output: [UInt8] = []
        do throws(RedisFault) {
            while let value = try reader.next() {
                guard !questions.isEmpty else { throw .malformed }
                let step = answered(questions.removeFirst(), value, at: now)
                output += step.bytes
                guard case .wait = step.next else { return step }
            }
        } catch {
            return .finish(CheckResult(.unhealthy, error.text))
        }
        return .send(output)
    }

    func ended(at now: MonotonicTime) -> CheckResult {
        CheckResult(.unhealthy, "it closed the connection without an answer")
    }

    // MARK: Answers

    private mutating func answered(
        _ question: Question, _ value: RedisValue, at now: MonotonicTime
    ) -> CheckStep {
        if case .error(let code, let text) = value { return refused(question, code, text, at: now) }
        switch question {
        case .hello:
            details["version"] = value["version"]?.string
            note(role: value["role"]?.string)
            return ask(at: now)
        case .auth: return ask(at: now)
        case .select: return .wait
        case .ping:
            guard value == .text("PONG") else {
                return .finish(
                    CheckResult(.unhealthy, "it answers PING with something else than PONG"))
            }
            pingTime = now - started
            return .wait
        case .info:
            note(info: value.string ?? "")
            return plan.writes && isMaster ? write() : .init(.finishKeeping(verdict))
        case .set: return .wait
        case .get:
            if value.string != key { find(.degraded, "it returned another value than was written") }
            return .wait
        case .delete: return .init(.finishKeeping(verdict))
        }
    }

    private mutating func refused(
        _ question: Question, _ code: String, _ text: String, at now: MonotonicTime
    ) -> CheckStep {
        let error = RedisError(code, text)
        switch (question, code) {
        case (.hello, "ERR"), (.hello, "NOPROTO"):
            // Before Redis 6: RESP2.
            guard let password = plan.password else { return ask(at: now) }
            questions = [.auth]
            return .send(
                RedisCommand.encode(["AUTH"] + (plan.user.map { [$0] } ?? []) + [password]))
        case (.info, "NOPERM"):
            return plan.writes && isMaster ? write() : .init(.finishKeeping(verdict))
        case (.set, _), (.get, _), (.delete, _):
            find(
                .degraded,
                code == "NOPERM"
                    ? "the user may not write its key: allow it, or set write=false" : error.cause)
            return question == .delete ? .init(.finishKeeping(verdict)) : .wait
        case (.auth, _):
            return .finish(CheckResult(.unhealthy, "it refuses the user or the password"))
        case (.select, _): return .finish(CheckResult(.unhealthy, "it has no such database"))
        default: return .finish(CheckResult(error.state, error.cause, details: details))
        }
    }

    private mutating func ask(at now: MonotonicTime) -> CheckStep {
        started = now
        var output: [UInt8] = []
        if let database = plan.database {
            output += RedisCommand.encode(["SELECT", String(database)])
            questions.append(.select)
        }
        output += RedisCommand.encode(["PING"]) + RedisCommand.encode(["INFO"])
        questions += [.ping, .info]
        return .send(output)
    }

    private mutating func write() -> CheckStep {
        key = makeKey()
        questions += [.set, .get, .delete]
        return .send(
            RedisCommand.encode(["SET", key, key, "PX", RedisPlan.expiry])
                + RedisCommand.encode(["GET", key]) + RedisCommand.encode(["DEL", key]))
    }

    // MARK: Findings

    private mutating func note(role: String?) {
        guard let role else { return }
        details["role"] = role
        isMaster = role == "master"
    }

    private mutating func note(info text: String) {
        var values: [String: String] = [:]
        for line in text.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[String(Substring(parts[0]))] = String(Substring(parts[1]))
        }
        if details["version"] == nil { details["version"] = values["redis_version"] }
        note(role: values["role"])
        if values["loading"] == "1" { find(.unhealthy, RedisError("LOADING", "").cause) }
        guard let used = values["used_memory"].flatMap({ UInt64($0) }),
            let limit = values["maxmemory"].flatMap({ UInt64($0) }), limit > 0
        else { return }
        let share = Double(used) / Double(limit)
        let percent = Int(min(share, 1000) * 100)
        details["memory_percent"] = String(percent)
        if share > RedisPlan.memoryShare {
            find(.degraded, "\(percent) % of its memory (maxmemory) is used")
        }
    }

    private mutating func find(_ state: Outcome.State, _ cause: String) {
        if let finding, finding.state >= state { return }
        finding = CheckResult(state, cause)
    }

    private var verdict: CheckResult {
        var result = finding ?? .healthy
        if result.state == .healthy, pingTime > plan.slowAfter {
            let milliseconds = pingTime / .milliseconds(1)
            result = CheckResult(.degraded, "PING took \(Int(milliseconds)) ms")
        }
        result.details = details
        return result
    }
}
