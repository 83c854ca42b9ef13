// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckScheduling
import EventLoops
import InstanceRegistry
import TestSupport
import Testing

@testable import RedisRegistry

@Suite("A registry in a Redis that Sentinels watch")
struct SentinelTests {
    private static func bench(
        _ port: UInt16, _ name: String = "mymaster", login: String = "",
        with options: [String: [String]] = [:]
    ) throws -> StoreBench {
        var options = CheckOptions(options)
        let target = try SentinelTarget(
            "redis+sentinel://\(login)127.0.0.1:\(port)/\(name)", &options)
        try options.checkEmpty()
        var times = RedisTimes()
        times.poll = .milliseconds(200)
        times.answer = .milliseconds(500)
        times.longestWait = .milliseconds(100)
        return try StoreBench { [times] in RedisStore(target, times, on: $0) }
    }

    private func instance(_ status: InstanceStatus = .available) -> Instance {
        Instance(
            InstanceKey(service: "chat", id: "a"), host: "10.0.0.7", port: 50_051, status: status)
    }

    private func reason(_ bench: StoreBench) -> String {
        guard case .failure(let failure)? = bench.put(instance()) else { return "no failure" }
        return failure.text
    }

    @Test("Writes and watches follow a failover, also when one of the Sentinels is away")
    func failover() throws {
        let master = try RedisServer()
        let replica = try RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        // The Sentinel asks the master for its replicas when it starts, and then every ten seconds.
        let isKnown = eventually {
            (try? master.ask("INFO", "replication"))?.contains("state=online") == true
        }
        #expect(isKnown)
        let sentinel = try RedisServer(sentinelOf: master, named: "mymaster")
        let bench = try Self.bench(1, with: ["member": ["127.0.0.1:\(sentinel.port)"]])
        let news = bench.watch("chat")
        #expect(bench.put(instance()) == .success(.registered))
        #expect(news.hasIDs(["a"]))
        // It is done as soon as the Sentinel knows of the replica.
        #expect(
            eventually {
                (try? sentinel.ask("SENTINEL", "FAILOVER", "mymaster"))?.hasPrefix("+OK") == true
            })
        // What is written to the old master before it is told that it is none is written again.
        #expect(
            eventually {
                _ = bench.put(instance(.draining))
                return (try? replica.ask("HGET", "services:chat:a", "status"))?
                    .contains("draining") == true
                    && (try? replica.ask("ROLE"))?.contains("master") == true
            })
        let drained = news.next { news in
            guard case .instances(let instances) = news else { return false }
            return instances.map(\.status) == [.draining]
        }
        #expect(drained != nil)
        master.stop()
        #expect(eventually { bench.put(instance()) == .success(.kept) })
        let answer = try replica.ask("HGET", "services:chat:a", "status")
        #expect(answer.contains("available"))
    }

    @Test("Passwords of the master and of the Sentinel are different ones")
    func passwords() throws {
        let master = try RedisServer(["--requirepass", "secret"])
        let sentinel = try RedisServer(
            sentinelOf: master, named: "mymaster",
            ["sentinel auth-pass mymaster secret", "requirepass other"])
        let none = try Self.bench(sentinel.port, login: ":secret@")
        #expect(reason(none).contains("sentinel-password-file"))
        let folder = try TemporaryFolder()
        let file = try folder.write("other\n", to: "password")
        let half = try Self.bench(sentinel.port, with: ["sentinel-password-file": [file]])
        #expect(reason(half).contains("the master 127.0.0.1:\(master.port): it wants a password"))
        let both = try Self.bench(
            sentinel.port, login: ":secret@", with: ["sentinel-password-file": [file]])
        #expect(both.put(instance()) == .success(.registered))
    }

    @Test(
        "A name that is not known, a server that is no Sentinel, and one that names a replica are said"
    )
    func faults() throws {
        let master = try RedisServer()
        let replica = try RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        let sentinel = try RedisServer(sentinelOf: master, named: "mymaster")
        #expect(reason(try Self.bench(sentinel.port, "other")).contains("no master other"))
        #expect(reason(try Self.bench(master.port)).contains("it is no sentinel"))
        #expect(reason(try Self.bench(1)).contains("the sentinel 127.0.0.1:1: "))
        let hello = "%1\r\n$4\r\nrole\r\n$8\r\nsentinel\r\n"
        let port = "\(replica.port)"
        let liar = try Stranger(
            "\(hello)*2\r\n$9\r\n127.0.0.1\r\n$\(port.utf8.count)\r\n\(port)\r\n")
        defer { liar.stop() }
        #expect(reason(try Self.bench(liar.port)).contains("127.0.0.1:\(port): it is a replica"))
        for answer in [
            "", "HTTP/1.1 400 Bad Request\r\n\r\n", hello + "*2\r\n$1\r\nh\r\n$1\r\nx\r\n",
            hello + "*2\r\n$0\r\n\r\n$1\r\n1\r\n", hello + ":1\r\n", hello + "*-7\r\n",
        ] {
            let peer = try Stranger(answer)
            defer { peer.stop() }
            #expect(
                reason(try Self.bench(peer.port)).contains("the sentinel 127.0.0.1:\(peer.port)"))
        }
    }

    @Test("What cannot be meant is refused, without a secret")
    func refusals() {
        for (url, options, text) in [
            ("redis+sentinel://h", [:], "/mymaster"), ("redis+sentinel://h/", [:], "/mymaster"),
            ("redis+sentinel://h/a b", [:], "blank"),
            ("redis+sentinel://h/a%2Fb", [:], "/mymaster"),
            ("redis+sentinel://h/m/x", [:], "number of a database"),
            ("redis+sentinel://h/m/1/2", [:], "number of a database"),
            ("redis+sentinel://h/m?a=b", [:], "member"),
            ("redis+sentinel://h/m", ["member": ["h:0"]], "HOST:PORT"),
            ("redis+sentinel://h/m", ["member": (0..<16).map { "h\($0)" }], "15 at most"),
            ("redis+sentinel://h/m", ["sentinel-user": ["u"]], "sentinel-password-file"),
        ] as [(String, [String: [String]], String)] {
            do throws(CheckOptionError) {
                var options = CheckOptions(options)
                _ = try SentinelTarget(url, &options)
                Issue.record("taken: \(url) \(options)")
            } catch {
                #expect(error.text.contains(text), "\(url): \(error.text)")
            }
        }
    }
}
