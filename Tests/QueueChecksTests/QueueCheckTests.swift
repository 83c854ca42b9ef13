// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import NetworkChecks
import StatusBoard
import SystemIO
import Testing

@testable import QueueChecks

@Suite("A check of a queue")
struct QueueCheckTests {
    private static let start = MonotonicTime(nanoseconds: 0)

    private func problem(_ target: String?, _ options: [String: [String]] = [:]) -> String? {
        do throws(CheckOptionError) {
            _ = try QueueCheck(target, CheckOptions(options))
            return nil
        } catch {
            return error.text
        }
    }

    @Test("Wrong targets and options are refused with what to do")
    func options() {
        #expect(problem("redis://h")?.hasPrefix("target has no key: use redis://") == true)
        #expect(problem("redis://h?key=a&x=b")?.hasPrefix(#"target has "x" in its query"#) == true)
        #expect(problem("amqp://h")?.hasPrefix("target is no source: use a redis://") == true)
        #expect(problem("depth")?.hasPrefix("target is no source") == true)
        #expect(problem(nil)?.hasPrefix("target is missing") == true)
        #expect(problem("redis://h?key=a", ["max": ["-1"]])?.hasPrefix(#"max is "-1""#) == true)
        #expect(problem("redis://h?key=a", ["max": ["nan"]])?.hasPrefix(#"max is "nan""#) == true)
        #expect(
            problem("redis://h?key=a", ["max": ["1"], "warn": ["2"]])?.hasPrefix(
                "warn is more than max") == true)
        #expect(
            problem("redis://h?key=a", ["max-growth": ["5"]])
                == #"max-growth is "5": use a rate such as 5/s, 300/m or 1000/h"#)
        #expect(
            problem("http://h", ["max-age": ["5s"]])
                == "max-age is known of the streams of Redis only")
        #expect(
            problem("http://h", ["json": ["a"], "metric": ["b"]])?.hasPrefix("json is given beside")
                == true)
        #expect(problem("http://h", ["metric": ["{"]])?.hasPrefix(#"metric is "{""#) == true)
        #expect(problem("/bin/true", ["json": ["a"]])?.hasPrefix("json is unknown") == true)
    }

    @Test("The target is shown without secrets")
    func targets() throws {
        func text(_ target: String, _ options: [String: [String]] = [:]) throws -> String {
            try QueueCheck(target, CheckOptions(options)).targetText
        }
        #expect(
            try text("redis://u:canary@h:1/2?key=jobs&group=g")
                == "redis://u:***@h:1/2?key=jobs&group=g")
        #expect(try text("http://h/stats?token=canary") == "http://h/stats?***")
        #expect(try text("/bin/depth", ["arg": ["canary"]]) == "/bin/depth")
    }

    private func limits(_ options: [String: [String]]) throws -> QueueLimits {
        var options = CheckOptions(options)
        return try QueueLimits(&options)
    }

    @Test("A depth is judged by its limits; each that is passed is told, the worst decides")
    func depth() throws {
        let judge = QueueJudge(
            try limits(["warn": ["2"], "max": ["1e3"], "max-age": ["1m"]]))
        #expect(judge.result(of: 2, age: .seconds(60), at: Self.start).state == .healthy)
        let warned = judge.result(of: 2.5, at: Self.start)
        #expect(warned.state == .degraded)
        #expect(warned.cause == "it has 2.5 entries, more than 2")
        let old = judge.result(of: 3, age: .milliseconds(90_500), at: Self.start)
        #expect(old.state == .unhealthy)
        #expect(
            old.cause
                == "it has 3 entries, more than 2; its oldest entry waits for 90.5 s, more than 60 s"
        )
        #expect(
            judge.result(of: 1e300, at: Self.start).cause == "it has 1e+300 entries, more than 1000"
        )
    }

    @Test(
        "What no queue can have is unhealthy", arguments: [Double.nan, .infinity, -.infinity, -1])
    func garbage(depth: Double) {
        let judge = QueueJudge(QueueLimits())
        #expect(judge.result(of: depth, at: Self.start).state == .unhealthy)
        #expect(judge.result(of: 0, at: Self.start).state == .healthy)
    }

    @Test("Growth is that of the last runs, and ends when the queue does not grow any more")
    func growth() throws {
        let judge = QueueJudge(try limits(["max-growth": ["300/m"]]))
        func run(_ second: Int, _ depth: Double) -> CheckResult {
            judge.result(of: depth, at: Self.start + .seconds(second))
        }
        #expect((0...1).map { run($0, Double($0) * 100).state } == [.healthy, .healthy])
        let third = run(2, 200)
        #expect(third.state == .degraded)
        #expect(third.cause == "it grows by 100 a second, more than 5")
        #expect((3...9).map { run($0, 200).state }.last == .healthy)
        #expect(run(10, 0).details["growth_per_second"] == "-28.6")
    }

    @Test("Runs at one moment are no growth")
    func stillClock() {
        var rate = GrowthRate()
        for value in 0..<5 { rate.add(Double(value), at: Self.start) }
        #expect(rate.perSecond == nil)
    }
}
