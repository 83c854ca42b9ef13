// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing
import VitalsChecks

@Suite("A check of a program")
struct HealthCheckTests {
    @Test("Kinds take their options, and tell of themselves without secrets")
    func kinds() throws {
        let redis = try HealthCheck.redis(
            "redis://app:secret@127.0.0.1/2", .named("cache"), .critical, .slow(.milliseconds(50)))
        #expect((redis.name, redis.kind, redis.isCritical) == ("cache", "redis", true))
        #expect(redis.groups == ["readiness"])
        #expect(!redis.target.contains("secret"))
        let others = [
            try HealthCheck.tcp("127.0.0.1:5432"), try .grpc("127.0.0.1:50051/demo"),
            try .http("https://127.0.0.1/health", .status("200-204"), .json("status=up")),
            try .postgres("postgres://app@127.0.0.1/app", .query("SELECT 1"), .expect("1")),
            try .exec("/bin/true", arguments: ["a,b"]),
            try .file("/etc/hosts", .maxAge(.seconds(9))),
            try .disk("/", .degraded(percent: 95)), try .process("init"),
            try .memory(.named("ram"), .unhealthy(percent: 99)), try .system(),
            try .dns("localhost"),
            try .llm("http://127.0.0.1:8000/v1", .other("model", "m")),
        ]
        #expect(
            others.map(\.name) == [
                "tcp", "grpc", "http", "postgres", "exec", "file", "disk", "process", "ram",
                "system", "dns", "llm",
            ])
    }

    @Test("A mistake is the error that settings have, with what to do")
    func mistakes() {
        #expect(throws: CheckError.self) { try HealthCheck.tcp("127.0.0.1") }
        expect("slow is unknown: this kind has") { try .tcp("127.0.0.1:1", .slow(.seconds(1))) }
        expect("interval is \"1ms\": use a duration from 10ms to 24h") {
            try .tcp("127.0.0.1:1", .interval(.milliseconds(1)))
        }
        expect("heartbeat cannot be reported here") {
            try HealthCheck(line: "heartbeat,name=worker")
        }
        expect("name is \"a b\": use letters") { try .memory(.named("a b")) }
        expect("name is given twice") { try .memory(.named("a"), .named("b")) }
        expect("\"rdis\" is unknown: use one of ") { try HealthCheck(line: "rdis:x") }
        expect("timeouts is unknown: this kind has no options") {
            try .task("own", .other("timeouts", "1")) { .healthy }
        }
    }

    private func expect(_ text: String, _ make: () throws -> HealthCheck) {
        #expect {
            _ = try make()
        } throws: { error in
            "\(error)".contains(text)
        }
    }

    @Test("A line and a file make the same checks, those that others need first")
    func settings() throws {
        let line = try HealthCheck(line: "tcp:127.0.0.1:5432,name=db,critical")
        #expect((line.name, line.target, line.isCritical) == ("db", "127.0.0.1:5432", true))
        let list = try HealthCheck.list(
            yaml: """
                checks:
                  - name: web
                    kind: http
                    target: http://127.0.0.1:8080/
                    needs: db
                  - tcp:127.0.0.1:5432,name=db,critical
                """)
        #expect(list.map(\.name) == ["db", "web"])
        #expect(try HealthCheck.list(yaml: "").isEmpty)
    }

    @Test("A file with mistakes is refused with the line and column of each")
    func fileMistakes() {
        #expect {
            try HealthCheck.list(
                yaml: """
                    checks:
                      - kind: tcp
                        target: nowhere
                      - kind: redis
                        target: redis://127.0.0.1
                        interval: 5
                    other: 1
                    """)
        } throws: { error in
            let lines = "\(error)".split(separator: "\n")
            return lines.count == 3 && lines[0].hasPrefix("checks:3:13: target ")
                && lines[1].hasPrefix("checks:6:15: interval ")
                && lines[2].hasPrefix("checks:7:1: unknown setting \"other\"")
        }
        #expect {
            try HealthCheck.list(yaml: "checks: [\"tcp:h:1,needs=db\"]")
        } throws: { error in
            "\(error)".contains("the check tcp needs db, but no check has this name")
        }
    }

    @Test("A target that would be found late is a warning")
    func warnings() throws {
        let check = try HealthCheck.tcp("127.0.0.1:1", .critical, .interval(.seconds(60)))
        #expect(check.warnings.count == 1)
        #expect(try HealthCheck.tcp("127.0.0.1:1").warnings.isEmpty)
    }

    private typealias Option = HealthCheck.Option

    /// An option that only some kinds have, and a check of one of them with it.
    private static let options:
        [(name: String, option: Option, make: @Sendable (Option) throws -> HealthCheck)] = [
            ("slow", .slow(.seconds(1)), { try .http("http://h/", $0) }),
            ("status", .status("200-299,401"), { try .http("http://h/", $0) }),
            ("header", .header("Accept: a/b"), { try .http("http://h/", $0) }),
            ("body", .body(contains: "ready"), { try .http("http://h/", $0) }),
            ("json", .json("db=up"), { try .http("http://h/", $0) }),
            ("password-file", .passwordFile("/etc/passwd"), { try .redis("redis://h", $0) }),
            ("password-env", .passwordEnvironment("PATH"), { try .redis("redis://h", $0) }),
            ("query", .query("SELECT 1"), { try .postgres("postgres://u@h", $0) }),
            ("expect", .expect("10.0.0.7"), { try .dns("a.test", $0) }),
            ("max-age", .maxAge(.seconds(1)), { try .file("/f", $0) }),
            ("degraded", .degraded(percent: 50), { try .disk("/", $0) }),
            ("unhealthy", .unhealthy(percent: 99), { try .disk("/", $0) }),
        ]

    @Test("An option reaches the kind that has it, and is an error of another", arguments: 0..<12)
    func options(index: Int) throws {
        let (name, option, make) = Self.options[index]
        _ = try make(option)
        let error = #expect(throws: CheckError.self) { try HealthCheck.tcp("h:1", option) }
        #expect(error?.description.contains("\(name) is unknown") == true)
    }

    @Test("Secrets are read from where the options say")
    func secrets() {
        let file = #expect(throws: CheckError.self) {
            try HealthCheck.redis("redis://h", .passwordFile("/does/not/exist"))
        }
        #expect(file?.description.contains("password-file cannot be read") == true)
        let variable = #expect(throws: CheckError.self) {
            try HealthCheck.redis("redis://h", .passwordEnvironment("VITALS_NO_SUCH_VARIABLE"))
        }
        #expect(variable?.description.contains("password-env names a variable") == true)
    }
}
