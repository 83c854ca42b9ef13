// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import Flags
import Settings
import Testing

@testable import CheckSettings

@Suite("The setting of a check")
struct CheckSettingTests {
    private func problem(line: String) -> String? {
        do throws(FlagValueError) {
            _ = try CheckSetting(line: line, .all)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("A line has the kind, the target and options")
    func line() throws {
        let check = try CheckSetting(
            line:
                "http:http://localhost:8080/health,critical,name=web,needs=db,groups=readiness,groups=web,fall=2,status=200",
            .all)
        #expect(check.definition.name == "web")
        #expect(check.definition.isCritical)
        #expect(check.definition.needs == ["db"])
        #expect(check.definition.groups == ["readiness", "web"])
        #expect(check.definition.timing == CheckTiming(fall: 2))
        #expect(check.kind.targetText == "http://localhost:8080/health")
        #expect(check.warnings.isEmpty)
    }

    @Test(
        "Numbers of options are decimal, and none of them is below zero",
        arguments: [
            "http:http://a,cert-days=-5", "http:http://a,cert-days=0x10", "tcp:a:1,weight=0x1p3",
            "tcp:a:1,weight=inf", "disk:/,unhealthy=0x20", "disk:/,unhealthy=nan",
            "rtsp:rtsp://a/b,fps=0x5",
        ])
    func numbers(line: String) throws {
        let option = try #require(line.split(separator: ",").last?.split(separator: "=").first)
        #expect(problem(line: line)?.hasPrefix("\(option) is ") == true)
    }

    @Test("A kind that is refused is not named, and says why")
    func refused() {
        #expect(!CheckKinds.once.names.contains("heartbeat"))
        do throws(FlagValueError) {
            _ = try CheckSetting(oneShot: "heartbeat,within=5s", .once)
            Issue.record("it was taken")
        } catch {
            #expect(error.reason.hasPrefix("heartbeat cannot be reported"))
        }
    }

    @Test("A kind may have a timing of its own, and options win")
    func timingOfKind() throws {
        func check(_ options: String) throws -> CheckSetting {
            try CheckSetting(line: "llm:http://127.0.0.1:8080,model=m" + options, .all)
        }
        let usual = try check(",critical")
        #expect(usual.definition.timing.interval == .seconds(60))
        #expect(usual.definition.timing.timeout == .seconds(48))
        #expect(usual.warnings.isEmpty)
        #expect(try check(",detect-within=5s").definition.timing == CheckTiming())
        #expect(try check(",interval=10m").definition.timing.timeout == .seconds(48))
        #expect(
            try check(",critical,interval=10m").warnings.first?.contains("detect-within 4m0s")
                == true)
    }

    @Test("Fields of a file say the same")
    func record() throws {
        let check = try CheckSetting(
            SettingRecord([
                .init("name", ["db"]), .init("kind", ["tcp"]), .init("target", ["127.0.0.1:5432"]),
                .init("interval", ["10s"]), .init("timeout", ["2s"]), .init("critical", ["true"]),
                .init("weight", ["2.5"]), .init("dry", ["true"]),
            ]), .all)
        #expect(check.definition.timing.interval == .seconds(10))
        #expect(check.definition.weight == 2.5)
        #expect(check.definition.isDry)
        #expect(
            check.warnings == [
                "the check db finds a target that hangs only after 16.2s: with fall 3, detect-within 5s needs a shorter "
                    + "interval or timeout"
            ])
        #expect(check.record.fields.map(\.name).prefix(3) == ["name", "kind", "target"])
    }

    @Test("Mistakes are told with what to do, and with the field that they are in")
    func mistakes() {
        #expect(problem(line: "")?.hasPrefix("kind is missing") == true)
        #expect(problem(line: "tpc:h:1")?.hasPrefix(#"kind "tpc" is unknown: use one of "#) == true)
        #expect(problem(line: "tcp") == "target is missing")
        #expect(
            problem(line: "tcp:h:1,name=a b")?.hasPrefix(#"name is "a b": use letters"#) == true)
        #expect(
            problem(line: "tcp:h:1,interval=1ms")?.hasPrefix(#"interval is "1ms": use a duration"#)
                == true)
        #expect(problem(line: "tcp:h:1,fall=0") == #"fall is "0": use a number from 1 to 100"#)
        #expect(
            problem(line: "tcp:h:1,critical=maybe") == #"critical is "maybe": use true or false"#)
        #expect(
            problem(line: "tcp:h:1,colour=red") == "colour is unknown: this kind has no options")
        #expect(problem(line: "tcp:h:1,name=a,name=b") == "name is given twice")
        #expect(
            problem(line: "tcp:h:1,groups=a b")?.hasPrefix(
                #"groups has the name "a b": use letters"#)
                == true)
        #expect(
            problem(line: "heartbeat:x")
                == "target means nothing to a heartbeat: leave it out, and give name=NAME")
        #expect(
            problem(line: "redis:redis://h/x")
                == "target has a path that is not a database: use its number, such as /0")
        do throws(SettingRecordError) {
            _ = try CheckSetting(
                SettingRecord([.init("kind", ["tcp"]), .init("target", ["h"])]), .all)
            Issue.record("no port")
        } catch {
            #expect(error.field == "target")
        }
    }

    @Test("What is printed has the options of the kind, without what may be a secret")
    func printed() throws {
        let lines = [
            "http:http://user:canary@localhost/health,header=Authorization: canary,json=status=up,status=200",
            "redis:redis://:canary@localhost,write=false", "exec:/bin/true,arg=canary",
        ]
        var texts: [String] = []
        for line in lines {
            let fields = try CheckSetting(line: line, .all).record.fields
            texts += fields.map { "\($0.name): \($0.values.joined(separator: ", "))" }
        }
        #expect(!texts.contains { $0.utf8.elementsEqual("canary".utf8) || $0.contains("canary") })
        for text in ["header: ***", "json: status=up", "status: 200", "write: false", "arg: ***"] {
            #expect(texts.contains(text))
        }
    }

    @Test("Checks together: names once, needs that are there, no circle")
    func together() throws {
        func checks(_ lines: String...) throws -> [CheckSetting] {
            try lines.map { try CheckSetting(line: $0, .all) }
        }
        #expect(try checks("tcp:h:1,name=a,needs=b", "tcp:h:1,name=b").problems.isEmpty)
        #expect(
            try checks("tcp:h:1,name=a,needs=b", "tcp:h:1,name=b").inOrder.map(\.definition.name)
                == ["b", "a"])
        #expect(
            try checks("tcp:h:1", "tcp:h:2").problems.map(\.text).first?.hasPrefix(
                "two checks are named tcp") == true)
        #expect(
            try checks("tcp:h:1,needs=x").problems.map(\.text) == [
                "the check tcp needs x, but no check has this name: correct needs, or add the check"
            ])
        #expect(
            try checks("tcp:h:1,name=a,needs=b", "tcp:h:1,name=b,needs=a", "tcp:h:1").problems.map(
                \.text)
                == ["these checks need each other in a circle: a, b"])
    }
}
