// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckSettings
import Settings
import StatusBoard
import Supervision
import Testing

@testable import HealthWrapper

@Suite("What the wrapper is asked for")
struct WrapperOptionsTests {
    private func read(
        _ arguments: String..., environment: [String: String] = [:]
    ) -> (options: WrapperOptions, problems: [String]) {
        let reading = WrapperOptions.settings.read(arguments: arguments, environment: environment)
        return (reading.options, reading.problems)
    }

    @Test("The port is an address, with or without a host")
    func port() {
        for text in [":9091", "127.0.0.1:0", "[::1]:9091", "unix:/tmp/h.sock"] {
            let (options, problems) = read("--export-prom", text)
            #expect(options.addresses.port?.text == text && problems.isEmpty)
        }
        for text in ["9091", ":", ":70000", ":+80", "127.0.0.1:+80", "localhost:9091", "unix:"] {
            #expect(read("--export-prom=\(text)").problems.count == 1)
        }
    }

    @Test("A signal has a name or a number, and can be taken")
    func signals() {
        for text in ["SIGQUIT", "quit", "3"] {
            #expect(read("--stop-signal", text).options.policy.stopSignal == 3)
        }
        #expect(read("--stop-signal=RTMIN+3").options.policy.stopSignal == 37)
        for text in ["KILL", "9", "19", "0", "65", "RTMIN+31", "RTMIN+-1", "x"] {
            #expect(read("--stop-signal=\(text)").problems.count == 1, "\(text)")
        }
    }

    @Test("A budget is a number in a time")
    func budget() {
        let (options, problems) = read("--restart-budget", "3/90s", "--restart=on-failure")
        #expect(options.policy.budget.count == 3 && options.policy.budget.window == .seconds(90))
        #expect(options.policy.restart == .onFailure && problems.isEmpty)
        for text in ["3", "3/", "/10m", "0/10m", "3/0s", "3/10m/1"] {
            #expect(read("--restart-budget=\(text)").problems.count == 1)
        }
    }

    @Test("Variables have the name of the program, and mistakes the nearest name")
    func names() {
        let options = read(environment: ["HEALTHCHECK_PORT": "8080"]).options
        #expect(options.health.port == 8080 && options.checks.map(\.definition.name) == ["port"])
        #expect(read("--export-pron=:1").problems[0].contains("did you mean --export-prom?"))
    }

    @Test("Bad health is looked for in liveness where something decides it, or else in readiness")
    func group() {
        #expect(read("--port=80").options.judgedGroup == HealthName.readiness)
        #expect(read("--watchdog=10s").options.judgedGroup == HealthName.liveness)
        let check = "--check=tcp:127.0.0.1:80,groups=liveness"
        #expect(read(check, "--port=80").options.judgedGroup == HealthName.liveness)
        #expect(read(check, "--unhealthy-group=readiness").options.judgedGroup == "readiness")
        #expect(read("--unhealthy-group=nope").problems.count == 1)
    }

    @Test("Names of the wrapper's own outcomes are taken")
    func taken() {
        for name in ["command", "ready", "startup"] {
            #expect(read("--check=tcp:127.0.0.1:80,name=\(name)").problems.count == 1)
        }
        #expect(read("--port=80", "--check=tcp:127.0.0.1:81,name=port").problems.count == 1)
    }

    @Test("A URL of metrics is one of plain HTTP, without a user; /metrics is its usual path")
    func scrape() throws {
        let url = try #require(read("--scrape=http://localhost:8080").options.scrape.url)
        let request = String(decoding: url.request ?? [], as: UTF8.self)
        #expect(request.hasPrefix("GET /metrics HTTP/1.1\r\nhost: localhost:8080\r\n"))
        for text in ["https://a/", "http://u:p@a/", "a:80", "http://"] {
            let problems = read("--scrape=\(text)").problems
            #expect(problems.count == 1 && !problems[0].contains("u:p"), "\(text)")
        }
    }
}
