// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import NetworkChecks
import RedisWire
import StatusBoard
import SystemIO
import Testing

@testable import QueueChecks

@Suite("What Redis says of a queue")
struct RedisQueueSessionTests {
    private static let now = MonotonicTime(nanoseconds: 0)

    /// What a server that gives these answers, one after the other, comes to; and what it was asked.
    private func run(
        _ queue: RedisQueue, wantsAge: Bool = false, _ answers: String...
    ) -> (result: CheckResult?, asked: String) {
        var session = RedisQueueSession(queue, wantsAge: wantsAge) { depth, age, _ in
            CheckResult(
                .healthy,
                details: ["depth": "\(depth)", "age": age.map { "\($0)" } ?? "none"])
        }
        var step = session.began(CheckConnection(), at: Self.now)
        var asked = step.bytes
        for answer in answers {
            step = Array(answer.utf8).withUnsafeBytes { session.received($0, at: Self.now) }
            asked += step.bytes
        }
        let text = String(decoding: asked, as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0.dropLast(), as: UTF8.self) }
            .filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }
        switch step.next {
        case .finish(let result), .finishKeeping(let result):
            return (result, text.joined(separator: " "))
        default: return (nil, text.joined(separator: " "))
        }
    }

    private let jobs = RedisQueue("jobs")
    private let group = RedisQueue("jobs", group: "g")
    private static let hello = "%1\r\n+role\r\n+master\r\n"

    @Test("A list, a stream and a key that is not there have a depth")
    func depths() {
        let list = run(jobs, Self.hello, "+list\r\n", ":7\r\n")
        #expect(list.result?.details["depth"] == "7.0")
        #expect(list.asked == "HELLO 3 SETNAME vitals TYPE jobs LLEN jobs")
        #expect(run(jobs, Self.hello, "+stream\r\n", ":8\r\n").result?.details["depth"] == "8.0")
        #expect(run(jobs, Self.hello, "+none\r\n").result?.details["depth"] == "0.0")
        let missing = run(RedisQueue("jobs", mustExist: true), Self.hello, "+none\r\n").result
        #expect(missing?.cause == #"there is no key "jobs""#)
        // Redis 5 knows no HELLO.
        #expect(
            run(jobs, "-ERR unknown command\r\n", "+list\r\n", ":7\r\n").result?.state == .healthy)
    }

    private func groups(lag: String) -> String {
        "*1\r\n%4\r\n+name\r\n+g\r\n+pending\r\n:2\r\n+last-delivered-id\r\n+5-1\r\n+lag\r\n\(lag)\r\n"
    }

    @Test("A group has to do what is pending, and what it has not read; all where that is unknown")
    func groups() {
        let known = run(group, Self.hello, "+stream\r\n", ":9\r\n", groups(lag: ":3"))
        #expect(known.result?.details["depth"] == "5.0")
        #expect(known.asked.hasSuffix("TYPE jobs XLEN jobs XINFO GROUPS jobs"))
        let unknown = run(group, Self.hello, "+stream\r\n", ":9\r\n" + groups(lag: "_"))
        #expect(unknown.result?.details["depth"] == "9.0")
        let other = run(RedisQueue("jobs", group: "x"), Self.hello, "+stream\r\n", ":9\r\n*0\r\n")
        #expect(other.result?.cause == #"its stream has no group "x""#)
        let tooMuch = groups(lag: ":\(Int64.max)")
        #expect(
            run(group, Self.hello, "+stream\r\n:9\r\n" + tooMuch).result?.cause
                == "its reply is malformed")
    }

    @Test("The age is that of the oldest entry, by the server's clock")
    func ages() {
        let time = "*2\r\n$2\r\n10\r\n$6\r\n500000\r\n"
        let all = run(
            jobs, wantsAge: true, Self.hello, "+stream\r\n", ":1\r\n" + time,
            "*1\r\n*2\r\n$6\r\n4000-0\r\n*2\r\n+a\r\n+b\r\n")
        #expect(all.result?.details["age"] == "6.5 seconds")
        #expect(all.asked.hasSuffix("XLEN jobs TIME XRANGE jobs - + COUNT 1"))
        let pending = run(
            group, wantsAge: true, Self.hello, "+stream\r\n", ":9\r\n" + groups(lag: ":3"),
            time + "*1\r\n*4\r\n$6\r\n9000-1\r\n+w\r\n:5\r\n:1\r\n")
        #expect(pending.result?.details["age"] == "1.5 seconds")
        #expect(pending.asked.hasSuffix("TIME XPENDING jobs g - + 1"))
        let future = run(
            jobs, wantsAge: true, Self.hello,
            "+stream\r\n:1\r\n" + time
                + "*1\r\n*1\r\n$7\r\n99999-0\r\n")
        #expect(future.result?.details["age"] == "0.0 seconds")
        let empty = run(jobs, wantsAge: true, Self.hello, "+stream\r\n:0\r\n" + time + "*0\r\n")
        #expect(empty.result?.details["age"] == "none")
    }

    @Test(
        "What is no answer to the question is unhealthy, and does not trap",
        arguments: [
            ("+string\r\n", #"its key is of the type "string", no list and no stream"#),
            ("+list\r\n-WRONGTYPE Operation against a key\r\n", "its key is no list and no stream"),
            ("-NOPERM no\r\n", "the user may not do this: see ACL SETUSER"),
            ("-READONLY x\r\n", "it refuses writes: it is a replica now"),
            ("+list\r\n+seven\r\n", "its reply is malformed"),
            ("+list\r\n:7\r\n:7\r\n", ""),
            ("hello", "it does not speak Redis's protocol"),
        ])
    func garbage(answer: String, cause: String) {
        #expect(run(jobs, Self.hello, answer).result?.cause == cause)
        let times = "+stream\r\n:1\r\n*2\r\n:\(Int64.max)\r\n:0\r\n*1\r\n*1\r\n+-\r\n"
        #expect(
            run(jobs, wantsAge: true, Self.hello, times).result?.cause == "its reply is malformed")
    }
}
