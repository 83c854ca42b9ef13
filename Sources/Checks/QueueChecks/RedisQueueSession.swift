// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import NetworkChecks
import RedisWire
import StatusBoard
import SystemIO
import Text

/// Asks Redis how long a list or a stream is, or how much of a stream a group has yet to do; and how old the oldest entry is.
/// The connection is kept.
struct RedisQueueSession: RedisDialogue {
    /// What the next reply answers.
    private enum Question: Equatable {
        case type, length, groups
        /// Of the server: identifiers of entries are its time.
        case time
        case oldest
    }

    private let queue: RedisQueue
    private let wantsAge: Bool
    private let judge: (Double, Duration?, MonotonicTime) -> CheckResult
    var login: RedisLogin
    var reader = RedisReader()
    private var questions: [Question] = []
    private var depth: Int64?
    /// Milliseconds since 1970.
    private var serverTime: Int64?

    /// A session whose `judge` is given the depth and the age of the oldest entry, where that is wanted and known.
    init(
        _ queue: RedisQueue, _ login: RedisLogin = RedisLogin(), wantsAge: Bool = false,
        _ judge: @escaping (Double, Duration?, MonotonicTime) -> CheckResult
    ) {
        self.queue = queue
        self.login = login
        self.wantsAge = wantsAge
        self.judge = judge
    }

    mutating func ask(at now: MonotonicTime) -> CheckStep {
        (depth, serverTime, questions) = (nil, nil, [])
        return ask([(.type, ["TYPE", queue.key])])
    }

    private mutating func ask(_ commands: [(question: Question, words: [String])]) -> CheckStep {
        questions += commands.map(\.question)
        return .send(commands.flatMap { RedisCommand.encode($0.words) })
    }

    mutating func answered(_ value: RedisValue, at now: MonotonicTime) -> CheckStep {
        guard !questions.isEmpty else { return .fault(.malformed) }
        let question = questions.removeFirst()
        if case .error(let code, let text) = value { return refused(code, text) }
        switch question {
        case .type: return askLength(ofType: value.string ?? "", at: now)
        case .length:
            guard case .integer(let count) = value else { return .fault(.malformed) }
            depth = count
        case .groups:
            guard case .array(let groups?) = value else { return .fault(.malformed) }
            return askOldest(among: groups, at: now)
        case .time:
            serverTime = Self.milliseconds(of: value)
        case .oldest: return finish(oldest: value, at: now)
        }
        return questions.isEmpty ? finish(age: nil, at: now) : .wait
    }

    private func refused(_ code: String, _ text: String) -> CheckStep {
        // Answers to other questions may still come: they must not meet the next run.
        if code == "WRONGTYPE" {
            return .finish(CheckResult(.unhealthy, "its key is no list and no stream"))
        }
        // Nothing is known of the queue then, whatever the error.
        return .finish(CheckResult(.unhealthy, RedisError(code, text).cause))
    }

    private func fail(_ cause: String) -> CheckStep {
        CheckStep(.finishKeeping(CheckResult(.unhealthy, cause)))
    }

    // MARK: What is asked

    private mutating func askLength(ofType type: String, at now: MonotonicTime) -> CheckStep {
        switch (type, queue.group) {
        case ("none", _):
            if queue.mustExist { return fail("there is no key \(shown(queue.key))") }
            depth = 0
            return finish(age: nil, at: now)
        case ("list", nil):
            if wantsAge {
                return fail("its key is a list, which knows no times: max-age needs a stream")
            }
            return ask([(.length, ["LLEN", queue.key])])
        case ("list", _): return fail("its key is a list, which has no groups")
        case ("stream", nil):
            let length = (question: Question.length, words: ["XLEN", queue.key])
            return ask(
                wantsAge
                    ? [length] + oldest(["XRANGE", queue.key, "-", "+", "COUNT", "1"]) : [length])
        case ("stream", _):
            // The length is what counts where the server does not know the lag.
            return ask([
                (.length, ["XLEN", queue.key]), (.groups, ["XINFO", "GROUPS", queue.key]),
            ])
        default:
            return fail("its key is of the type \(shown(type)), no list and no stream")
        }
    }

    private func oldest(_ words: [String]) -> [(question: Question, words: [String])] {
        [(.time, ["TIME"]), (.oldest, words)]
    }

    private mutating func askOldest(among groups: [RedisValue], at now: MonotonicTime) -> CheckStep
    {
        guard let name = queue.group,
            let group = groups.first(where: { $0["name"]?.string == name })
        else { return fail("its stream has no group \(shown(queue.group ?? ""))") }
        guard case .integer(let pending)? = group["pending"] else { return .fault(.malformed) }
        if case .integer(let lag)? = group["lag"] {
            let (sum, isTooMuch) = pending.addingReportingOverflow(lag)
            if isTooMuch { return .fault(.malformed) }
            depth = sum
        }
        guard wantsAge else { return finish(age: nil, at: now) }
        if pending > 0 { return ask(oldest(["XPENDING", queue.key, name, "-", "+", "1"])) }
        let last = group["last-delivered-id"]?.string ?? "0-0"
        return ask(oldest(["XRANGE", queue.key, "(" + last, "+", "COUNT", "1"]))
    }

    // MARK: What it comes to

    private func finish(oldest value: RedisValue, at now: MonotonicTime) -> CheckStep {
        guard case .array(let entries) = value else { return .fault(.malformed) }
        guard let entry = entries?.first else { return finish(age: nil, at: now) }
        // The identifier comes first: of the entry itself, and of a pending one.
        guard case .array(let parts?) = entry, let identifier = parts.first?.string,
            let time = Int64(identifier.prefix { $0 != "-" }), let serverTime
        else { return .fault(.malformed) }
        let (age, isTooMuch) = serverTime.subtractingReportingOverflow(time)
        if isTooMuch { return .fault(.malformed) }
        return finish(age: .milliseconds(max(0, age)), at: now)
    }

    private func finish(age: Duration?, at now: MonotonicTime) -> CheckStep {
        guard let depth else { return .fault(.malformed) }
        return CheckStep(.finishKeeping(judge(Double(depth), age, now)))
    }

    private static func milliseconds(of time: RedisValue) -> Int64? {
        guard case .array(let parts?) = time, parts.count == 2,
            let seconds = parts[0].string.flatMap({ Int64($0) }),
            let microseconds = parts[1].string.flatMap({ Int64($0) })
        else { return nil }
        let (product, isTooMuch) = seconds.multipliedReportingOverflow(by: 1000)
        return isTooMuch ? nil : product.addingReportingOverflow(microseconds / 1000).partialValue
    }

    private func shown(_ text: String) -> String {
        PrintableText.quoted(PrintableText.prefix(of: text, bytes: 100))
    }
}
