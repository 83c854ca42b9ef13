// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import CheckSettings
import Flags
import HealthWrapper
import Settings
import Testing

@testable import HealthcheckCommand

@Suite("The command line of healthcheck")
struct HealthcheckInvocationTests {
    private func problems(_ arguments: String...) -> [String] {
        guard case .refuse(let problems, 1) = HealthcheckInvocation(arguments: arguments) else {
            return []
        }
        return problems
    }

    @Test("What follows the first -- is the command's own, flags and all")
    func command() {
        let arguments = ["--export-prom", ":9091", "--", "sh", "-c", "x", "--", "--http"]
        guard case .wrap(let before) = HealthcheckInvocation(arguments: arguments) else {
            Issue.record("no wrapper")
            return
        }
        #expect(before == ["--export-prom", ":9091"])
    }

    @Test("A URL is taken letter by letter, commas and all")
    func target() {
        let arguments = ["--http", "http://localhost:8080/health?a=1,2", "--timeout", "2s"]
        guard case .checkOnce(let options) = HealthcheckInvocation(arguments: arguments) else {
            Issue.record("no check")
            return
        }
        #expect(options.checks.map(\.kind.targetText) == ["http://localhost:8080/health?***"])
        #expect(options.timeout == .seconds(2))
    }

    @Test("A kind with its target alone is the check of its flag; mistakes are told elsewhere")
    func plain() throws {
        for (flag, target) in [
            ("--tcp", "localhost:80"), ("--http", "http://a/x?y"), ("--grpc", "a:1/b"),
            ("--redis", "redis://:secret@a"), ("--postgres", "postgres://u:p@a/b"),
        ] {
            let plain = try #require(PlainCheck(flag, target))
            guard case .checkOnce(let options) = HealthcheckInvocation(arguments: [flag, target])
            else {
                Issue.record("no check: \(flag)")
                continue
            }
            #expect(options.timeout == OneShotOptions.usualTimeout)
            #expect(options.checks.map(\.kindName) == [plain.kind])
            #expect(options.checks.map(\.kind.targetText) == [plain.check.targetText])
        }
        for (flag, target) in [
            ("--tcp", "localhost"), ("--http", "a"), ("--check", "tcp:a:1"), ("tcp", "a:1"),
            ("--tcp", "--json"),
        ] {
            #expect(PlainCheck(flag, target) == nil, "\(flag) \(target)")
        }
        #expect(problems("--tcp", "localhost") == ["--tcp: target has no port: use HOST:PORT"])
    }

    @Test("explain takes flags, or one check that it describes without its secrets")
    func explain() throws {
        func options(_ arguments: String...) throws -> ExplainOptions {
            let invocation = HealthcheckInvocation(arguments: ["explain"] + arguments)
            guard case .explain(let options) = invocation else {
                throw CommandRefusal(problems: ["\(invocation)"])
            }
            return options
        }
        #expect(try options("--last", "1h").last == .seconds(3600))
        #expect(try options().check == nil)
        let check = try #require(
            try options("redis:redis://:secret@a,critical,fall=2,detect-within=10s").check)
        let text = CheckDescription(check).text
        #expect(text.hasPrefix("redis redis://"))
        #expect(!text.contains("secret"))
        #expect(text.contains("\n  is unhealthy after 2 bad results in a row (fall), "))
        #expect(text.contains("\n  decides readiness alone (critical)\n"))
        #expect(text.contains("\n  needs: a user with +ping"))
        #expect(problems("explain", "--last", "0s").count == 1)
        #expect(problems("explain", "tcp:a") == ["explain: target has no port: use HOST:PORT"])
        #expect(problems("explain", "tcp:a:1", "tcp:b:1").count == 1)
    }

    @Test("Each kind of check has a sentence on what it needs")
    func needs() {
        for kind in CheckKinds.once.names.split(separator: ", ") + ["heartbeat"] {
            #expect(CheckDescription.needs(String(kind)) != "see docs/checks.md", "\(kind)")
        }
    }

    @Test("A mistyped flag gets the nearest name, and each mistake a line")
    func mistakes() {
        let found = problems("--htpp", "http://a", "--timeout", "5", "--tcp", "localhost")
        #expect(found.count == 3)
        #expect(found.first == "unknown flag --htpp: did you mean --http?")
        #expect(found.last == "--tcp: target has no port: use HOST:PORT")
    }

    @Test("Help is no mistake, wherever it stands")
    func help() {
        func text(_ arguments: [String]) -> String? {
            guard case .printOutput(let text) = HealthcheckInvocation(arguments: arguments) else {
                return nil
            }
            return text
        }
        for flag in ["--help", "--help-all", "-h", "-help"] {
            #expect(text(["status", flag])?.contains("--socket PATH") == true)
            #expect(text(["status", "--json", flag])?.contains("--http URL") == false)
            #expect(text(["install", flag])?.contains("install PATH") == true)
            #expect(text(["--tcp", "a:1", flag])?.contains("--http URL") == true)
        }
    }

    @Test("A flag of a check that runs once is told as one before a command")
    func flagsOfOneRun() {
        let others = Set(OneShotOptions.flags.names).subtracting(WrapperFile.names + ["config"])
        #expect(others.isSuperset(of: ["http", "timeout"]))
        for name in others {
            let told = WrapperFile.problems(["--\(name)=x"]).first
            #expect(told?.hasPrefix("--\(name) is for ") == true, "\(told ?? name)")
        }
    }

    @Test("A heartbeat, which others report, is refused where a check runs once")
    func heartbeat() {
        #expect(
            problems("--check", "heartbeat,name=a").first?.contains("cannot be reported") == true)
    }

    @Test("A secret in a value that is refused is not shown")
    func secret() {
        let found = problems("--redis", "redis://:hunter2@host:port")
        #expect(found.count == 1)
        #expect(found.allSatisfy { !$0.contains("hunter2") })
    }

    @Test("A command without -- before it is told how to be run")
    func withoutDashes() {
        #expect(problems("uvicorn", "app").first?.contains("healthcheck -- COMMAND") == true)
    }

    @Test("install takes one path, and says so", arguments: [[], [""], ["--to"], ["a", "b"]])
    func install(rest: [String]) {
        guard
            case .install("/shared/healthcheck") = HealthcheckInvocation(arguments: [
                "install", "/shared/healthcheck",
            ])
        else {
            Issue.record("no install")
            return
        }
        guard case .refuse(let problems, 1) = HealthcheckInvocation(arguments: ["install"] + rest)
        else {
            Issue.record("not refused")
            return
        }
        #expect(
            problems.count == 1 && problems[0].contains("healthcheck install /shared/healthcheck"))
    }
}
