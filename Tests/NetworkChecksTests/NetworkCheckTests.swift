// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import NetworkChecks

@Suite("Checks over the network")
struct NetworkCheckTests {
    private func tcp(_ port: UInt16) throws -> TCPCheck {
        try TCPCheck("127.0.0.1:\(port)", CheckOptions())
    }

    @Test("A port that accepts is healthy; one that refuses is not, with the reason")
    func tcp() throws {
        let run = try CheckRun()
        let target = try ScriptedTarget { $0.waitForEnd() }
        #expect(run.result(of: try tcp(target.port))?.state == .healthy)
        let other = try ScriptedTarget { _ in }
        other.stop()
        let refused = run.result(of: try tcp(other.port))
        #expect(refused?.state == .unhealthy)
        #expect(refused?.cause.contains("refused") == true)
        target.stop()
    }

    private static let answers: [(response: String, state: Outcome.State, cause: String)] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", .healthy, ""),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", .degraded, "it answers with 503"),
        ("HTTP/1.0 204 No\r\n\r\n", .healthy, ""),
        ("SSH-2.0-OpenSSH\r\n\r\n", .unhealthy, "its response is no HTTP/1.1"),
        ("", .unhealthy, "it closed the connection without a response"),
        ("HTTP/1.1 200", .unhealthy, "it closed the connection within its response"),
    ]

    @Test(
        "A response is judged by its status; garbage and half a response are unhealthy",
        arguments: 0..<6)
    func http(index: Int) throws {
        let answer = Self.answers[index]
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send(answer.response)
        }
        let check = try HTTPCheck("http://127.0.0.1:\(target.port)/health", CheckOptions())
        let result = try CheckRun().result(of: check)
        #expect(result?.state == answer.state)
        #expect(result?.cause.hasPrefix(answer.cause) == true)
        target.stop()
    }

    @Test("A target that hangs is given up in time, and the next run is not hindered")
    func hanging() throws {
        let count = Mutex(0)
        let target = try ScriptedTarget { peer in
            let number = count.withLock { count in
                count += 1
                return count
            }
            _ = peer.receive()
            if number == 1 { return peer.waitForEnd() }
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        }
        let check = try HTTPCheck("http://127.0.0.1:\(target.port)/", CheckOptions())
        let results = try CheckRun().results(of: check, runs: 2, timeout: .milliseconds(200))
        #expect(results.map(\.state) == [.unhealthy, .healthy])
        #expect(results.first?.cause == "timed out after 0.2 s")
        target.stop()
    }

    @Test("The body is looked at where the options say so")
    func body() throws {
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send(
                "HTTP/1.1 200 OK\r\ncontent-length: 44\r\n\r\n"
                    + #"{"status":{"db":["up","down"]},"depth":17.5}"#)
        }
        let run = try CheckRun()
        func cause(_ options: [String: [String]]) throws -> String? {
            run.result(
                of: try HTTPCheck("http://127.0.0.1:\(target.port)/", CheckOptions(options)))?.cause
        }
        #expect(try cause(["body": ["down", "depth"]])?.isEmpty == true)
        #expect(try cause(["body": ["ready"]]) == #"its body does not contain "ready""#)
        #expect(
            try cause(["json": ["status.db[0]=up", "depth<=17.5", "depth>3"]])?.isEmpty == true)
        #expect(try cause(["json": ["status.db[1]=up"]]) == #"status.db[1] is "down", not = up"#)
        #expect(try cause(["json": ["status.cache=up"]]) == "status.cache is not in its body")
        target.stop()
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func problem(_ target: String, _ options: [String: [String]] = [:]) -> String? {
            do throws(CheckOptionError) {
                _ = try HTTPCheck(target, CheckOptions(options))
                return nil
            } catch {
                return error.text
            }
        }
        #expect(
            problem("ftp://h/") == "target must begin with http:// or https://, as in http://HOST")
        #expect(problem("http://h:0/") == "target has a port that is no number from 1 to 65535")
        #expect(
            problem("http://::1/")
                == "target has an IPv6 address: put it in brackets, as in [::1]:80")
        #expect(
            problem("http://h/", ["statu": ["200"]])?.hasPrefix("statu is unknown: this kind has ")
                == true)
        #expect(
            problem("http://h/", ["status": ["2xx"]])
                == #"status is "2xx": use codes such as 200,204 or 200-299"#)
        #expect(
            problem("http://h/", ["json": ["status"]])?.hasPrefix("json has no comparison") == true)
        #expect(
            problem("http://h/", ["header": ["no field"]]) == "header is no field: use Name: value")
        #expect(
            problem("http://h/", ["method": ["HEAD"], "body": ["x"]])?.hasPrefix("method is HEAD")
                == true)
    }

    @Test(
        "Numbers of a Redis that are none do not trap",
        arguments: ["nan", "inf", "1e300", "-1", ""])
    func redisNumbers(text: String) {
        var session = RedisSession(RedisPlan()) { "key" }
        let now = MonotonicTime(nanoseconds: 0)
        _ = session.began(CheckConnection(), at: now)
        let info = "role:slave\r\nused_memory:\(text)\r\nmaxmemory:\(text)\r\n"
        let replies =
            "%1\r\n+role\r\n+slave\r\n+PONG\r\n$\(info.utf8.count)\r\n\(info)\r\n"
        let step = Array(replies.utf8).withUnsafeBytes { session.received($0, at: now) }
        guard case .finishKeeping(let result) = step.next else {
            Issue.record("the run is not over")
            return
        }
        #expect(result.state == .healthy)
    }

    @Test("A node of a Redis Cluster that has not the key says where to ask")
    func redisCluster() {
        #expect(RedisError("MOVED", "").state == .degraded)
        #expect(RedisError("ASK", "").cause.contains("(ASK): use that node"))
        #expect(RedisError("CLUSTERDOWN", "").state == .unhealthy)
    }

    @Test("Commands that answers of the same read have asked for are sent before the run ends")
    func redisOutput() {
        var session = RedisSession(RedisPlan()) { "key" }
        let now = MonotonicTime(nanoseconds: 0)
        _ = session.began(CheckConnection(), at: now)
        let replies =
            "%1\r\n+role\r\n+master\r\n+PONG\r\n$13\r\nrole:master\r\n\r\n+OK\r\n$3\r\nkey\r\n:1\r\n"
        let step = Array(replies.utf8).withUnsafeBytes { session.received($0, at: now) }
        guard case .finishKeeping(let result) = step.next else {
            Issue.record("the run is not over")
            return
        }
        #expect(result.state == .healthy)
        let sent = String(decoding: step.bytes, as: UTF8.self)
        let words = ["PING", "INFO", "SET", "GET", "DEL"]
        #expect(words.filter { sent.contains("\r\n\($0)\r\n") } == words)
    }

    @Test("A host may begin with the name of a scheme")
    func grpcHost() throws {
        #expect(
            try GRPCCheck("grpc-backend:50051/name", CheckOptions()).targetText
                == "grpc://grpc-backend:50051/name")
    }

    @Test("A thousand runs leave no descriptor behind")
    func descriptors() throws {
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        }
        let run = try CheckRun()
        let check = try HTTPCheck("http://127.0.0.1:\(target.port)/", CheckOptions())
        _ = run.results(of: check, runs: 10)
        #expect(run.results(of: check, runs: 1000).allSatisfy { $0.state == .healthy })
        // The one that is kept.
        #expect(Descriptors.count(connectedTo: target.port) <= 1)
        target.stop()
    }
}

@Suite("The URL of a target")
struct TargetURLTests {
    @Test("Its parts are found, and a secret is masked")
    func parts() throws {
        let url = try TargetURL(
            "redis://us%40er:p%2Fw@[::1]:6380/2?timeout=5s&x=%20", schemes: "redis")
        #expect(url.user == "us@er")
        #expect(url.password == "p/w")
        #expect(url.host == "::1")
        #expect(url.port == 6380)
        #expect(url.path == "/2")
        #expect(url.value("x") == " ")
        #expect(url.names == ["timeout", "x"])
        #expect(url.masked == "redis://us@er:***@[::1]:6380/2?***")
    }

    @Test(
        "What is no URL is refused",
        arguments: [
            ("", TargetURLError.scheme("http")), ("http:/h", .scheme("http")),
            ("http://", .host), ("htt://h", .scheme("http")), ("httpx://h", .scheme("http")),
            ("://h", .scheme("http")),
            ("http://h:x", .port), ("http://h:70000", .port), ("http://a b", .characters),
            ("http://h/#x", .fragment), ("http://%zz", .host), ("http://u:%g@h", .percent),
        ])
    func refused(text: String, error: TargetURLError) {
        #expect(throws: error) { try TargetURL(text, schemes: "http") }
    }

    @Test("A service whose name server is silent holds up no other")
    func silentNameServer() throws {
        let silent = try ScriptedNameServer(.silence)
        let target = try ScriptedTarget { $0.waitForEnd() }
        let port = [UInt8(target.port >> 8), UInt8(target.port & 0xFF)]
        let service: [UInt8] = [0, 0, 0, 0] + port + [1, 97, 0]
        let good = try ScriptedNameServer(.records([(33, 9, service), (1, 9, [127, 0, 0, 1])]))
        let checks = try [silent, good].map { server in
            try TCPCheck("srv:_x._tcp.test", CheckOptions(["dns-server": [server.address]]))
        }
        let group = try EventLoopGroup(count: 1)
        let loop = group.loops[0]
        let told = Mailbox<String>()
        loop.post {
            let context = CheckContext(on: loop)
            for (check, name) in zip(checks, ["silent", "good"]) {
                let runner = check.makeRunner(context)
                runner.begin(timeout: .seconds(30)) { result in
                    told.put("\(name) \(result.state)")
                    runner.cancel {}
                }
            }
        }
        #expect(told.next() == "good healthy")
        // The other one need not wait for its end.
        silent.set(.noName)
        #expect(told.next() == "silent unhealthy")
        group.stop()
        target.stop()
    }

    @Test("Each of several schemes is taken, and all are told where it is none of them")
    func schemes() throws {
        for scheme in ["http", "https"] {
            #expect(try TargetURL(scheme + "://h", schemes: "http https").scheme == scheme)
        }
        for scheme in ["", "http https", "https ", "ttp"] {
            #expect(throws: TargetURLError.self) {
                try TargetURL(scheme + "://h", schemes: "http https")
            }
        }
        #expect(
            TargetURLError.scheme("http https").text
                == "must begin with http:// or https://, as in http://HOST")
    }
}
