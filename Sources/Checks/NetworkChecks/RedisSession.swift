// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import RedisWire
import StatusBoard
import SystemIO

/// Asks Redis PING and INFO, and on a master has a key written, read and deleted. The connection is kept.
struct RedisSession: RedisDialogue {
    /// What the next reply answers.
    private enum Question: Equatable {
        case ping, info
        case set, get, delete
    }

    private let plan: RedisPlan
    /// Unique to this process and run: two checks must not delete each other's key.
    private let makeKey: () -> String
    var login: RedisLogin
    var reader = RedisReader()
    private var questions: [Question] = []
    private var key = ""
    private var started = MonotonicTime(nanoseconds: 0)
    private var pingTime = Duration.zero
    private var isMaster = false
    private var details: [String: String] = [:]
    /// The worst that was found so far, short of what ends the run.
    private var finding: CheckResult?

    init(_ plan: RedisPlan, _ login: RedisLogin = RedisLogin(), makeKey: @escaping () -> String) {
        self.plan = plan
        self.login = login
        self.makeKey = makeKey
    }

    mutating func ask(at now: MonotonicTime) -> CheckStep {
        finding = nil
        started = now
        if let version = login.version { details["version"] = version }
        note(role: login.role)
        questions = [.ping, .info]
        return .send(RedisCommand.encode(["PING"]) + RedisCommand.encode(["INFO"]))
    }

    // MARK: Answers

    mutating func answered(_ value: RedisValue, at now: MonotonicTime) -> CheckStep {
        guard !questions.isEmpty else { return .fault(.malformed) }
        let question = questions.removeFirst()
        if case .error(let code, let text) = value { return refused(question, code, text) }
        switch question {
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
        _ question: Question, _ code: String, _ text: String
    ) -> CheckStep {
        let error = RedisError(code, text)
        switch (question, code) {
        case (.info, "NOPERM"):
            return plan.writes && isMaster ? write() : .init(.finishKeeping(verdict))
        case (.set, _), (.get, _), (.delete, _):
            find(
                .degraded,
                code == "NOPERM"
                    ? "the user may not write its key: allow it, or set write=false" : error.cause)
            return question == .delete ? .init(.finishKeeping(verdict)) : .wait
        default: return .finish(CheckResult(error.state, error.cause, details: details))
        }
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
