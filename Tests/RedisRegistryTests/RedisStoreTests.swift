// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckScheduling
import EventLoops
import InstanceRegistry
import NetworkChecks
import TestSupport
import Testing

@testable import RedisRegistry

@Suite("A registry in Redis")
struct RedisStoreTests {
    private static func bench(
        _ port: UInt16, _ times: RedisTimes = quick, login: String = ""
    ) throws -> StoreBench {
        var options = CheckOptions()
        let target = try RedisTarget("redis://\(login)127.0.0.1:\(port)", &options)
        return try StoreBench { RedisStore(target, times, on: $0) }
    }

    private static var quick: RedisTimes {
        var times = RedisTimes()
        times.poll = .milliseconds(200)
        times.answer = .milliseconds(500)
        times.longestWait = .milliseconds(100)
        return times
    }

    private func instance(_ id: String, _ status: InstanceStatus = .available) -> Instance {
        var instance = Instance(
            InstanceKey(service: "chat", id: id), host: "10.0.0.7", port: 50_051, status: status)
        instance.healthCheckURL = "http://10.0.0.7:50051/health"
        instance.version = "1.2.3"
        instance.tags = ["gpu", "say \"a\""]
        instance.metadata = ["zone": "b", "model": "llama"]
        instance.registrationTime = 1_700_000_000_125
        return instance
    }

    /// Waits until the store can be asked again.
    private func putSoon(_ bench: StoreBench, _ instance: Instance) -> PutOutcome? {
        for _ in 0..<600 {
            if case .success(let outcome)? = bench.put(instance) { return outcome }
            usleep(10_000)
        }
        return nil
    }

    @Test("An instance is a hash with a time to live, and a member of two sets")
    func shape() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        #expect(try server.ask("HGET", "services:chat:a", "host") == "$8\r\n10.0.0.7\r\n")
        #expect(try server.ask("HGET", "services:chat:a", "port") == "$5\r\n50051\r\n")
        #expect(try server.ask("HGET", "services:chat:a", "status") == "$9\r\navailable\r\n")
        #expect(
            try server.ask("HGET", "services:chat:a", "tags").contains(#"["gpu","say \"a\""]"#))
        #expect(
            try server.ask("HGET", "services:chat:a", "metadata")
                .contains(#"{"model":"llama","zone":"b"}"#))
        #expect(
            try server.ask("HGET", "services:chat:a", "registration_time")
                .contains("2023-11-14T22:13:20.125Z"))
        #expect(try server.ask("SISMEMBER", "service_names", "chat") == ":1\r\n")
        #expect(try server.ask("SMEMBERS", "service_instances:chat").contains("a"))
        #expect(
            try ["\r\n:300", ":299", ":300"].contains {
                try server.ask("TTL", "services:chat:a").hasPrefix($0)
            })
        #expect(bench.list("chat") == .success([instance("a")]))
    }

    @Test("Each write renews the time to live, and says whether the instance was as it was written")
    func outcomes() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        try server.ask("EXPIRE", "services:chat:a", "1000")
        #expect(bench.put(instance("a")) == .success(.kept))
        #expect(try server.ask("TTL", "services:chat:a") != ":1000\r\n")
        #expect(bench.put(instance("a", .unavailable)) == .success(.kept))
        // By another: a field changed, one added, the id taken out of the set, another type.
        try server.ask("HSET", "services:chat:a", "host", "10.9.9.9")
        #expect(bench.put(instance("a", .unavailable)) == .success(.repaired))
        #expect(bench.list("chat") == .success([instance("a", .unavailable)]))
        try server.ask("HSET", "services:chat:a", "extra", "1")
        #expect(bench.put(instance("a")) == .success(.repaired))
        try server.ask("SREM", "service_instances:chat", "a")
        #expect(bench.put(instance("a")) == .success(.repaired))
        try server.ask("SET", "services:chat:a", "text")
        #expect(bench.put(instance("a")) == .success(.repaired))
        try server.ask("DEL", "services:chat:a")
        #expect(bench.put(instance("a")) == .success(.registered))
        #expect(bench.put(instance("a")) == .success(.kept))
    }

    @Test("What has expired is taken out of the sets, and what is no instance is left out")
    func staleMembers() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        try server.ask("SADD", "service_instances:chat", "gone", "partial", "text", "a b")
        try server.ask("HSET", "services:chat:partial", "status", "available")
        try server.ask("SET", "services:chat:text", "1")
        #expect(bench.list("chat") == .success([instance("a")]))
        #expect(
            eventually {
                (try? server.ask("SISMEMBER", "service_instances:chat", "gone")) == ":0\r\n"
            }
        )
        #expect(bench.remove(InstanceKey(service: "chat", id: "a")) == nil)
        #expect(bench.remove(InstanceKey(service: "chat", id: "a")) == nil)
        #expect(bench.list("chat") == .success([]))
        try server.ask("DEL", "services:chat:partial", "services:chat:text")
        #expect(bench.list("chat") == .success([]))
        #expect(eventually { (try? server.ask("SISMEMBER", "service_names", "chat")) == ":0\r\n" })
        #expect(try server.ask("DBSIZE") == ":0\r\n")
    }

    @Test("A record that a reader in Python has written is an instance")
    func foreignRecord() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        try server.ask("SADD", "service_instances:chat", "py")
        try server.ask(
            "HSET", "services:chat:py", "service_name", "chat", "instance_id", "py", "host", "h",
            "port", "80", "health_check_url", "", "metadata", #"{"a": "b", "n": 1}"#, "tags",
            #"["x", "y"]"#, "status", "AVAILABLE", "registration_time",
            "2023-11-14T22:13:20.125678", "version", "1")
        var expected = Instance(
            InstanceKey(service: "chat", id: "py"), host: "h", port: 80, status: .available)
        expected.metadata = ["a": "b"]
        expected.tags = ["x", "y"]
        expected.version = "1"
        expected.registrationTime = 1_700_000_000_125
        #expect(bench.list("chat") == .success([expected]))
    }

    @Test("More instances than a page are all listed")
    func pages() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        for number in 100..<450 {
            #expect(bench.put(instance("i\(number)")) == .success(.registered))
        }
        guard case .success(let all)? = bench.list("chat") else {
            Issue.record("not listed")
            return
        }
        #expect(all.map(\.key.id) == (100..<450).map { "i\($0)" })
    }

    @Test("A watch is told at once of changes by messages, and soon of what expires without a word")
    func watch() throws {
        let server = try RedisServer()
        var times = Self.quick
        times.timeToLive = .milliseconds(300)
        // Longer than the test: what is told before is told by messages.
        times.poll = .seconds(1)
        let (writer, reader) = (
            try Self.bench(server.port, times), try Self.bench(server.port, times)
        )
        let news = reader.watch("chat")
        #expect(news.hasIDs([]))
        #expect(writer.put(instance("a")) == .success(.registered))
        #expect(news.hasIDs(["a"]))
        #expect(writer.put(instance("b")) == .success(.registered))
        #expect(news.hasIDs(["a", "b"]))
        #expect(writer.remove(InstanceKey(service: "chat", id: "b")) == nil)
        #expect(news.hasIDs(["a"]))
        #expect(news.hasIDs([]))
    }

    @Test("While nothing changes a watch asks what is there, and reads all only now and then")
    func quietWatch() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        for number in 0..<50 { #expect(bench.put(instance("i\(number)")) == .success(.registered)) }
        let news = bench.watch("chat")
        #expect(news.next() != nil)
        let before = try calls("hgetall", server)
        let looks = try calls("exists", server)
        #expect(eventually { ((try? calls("exists", server)) ?? 0) >= looks + 3 })
        // All at the beginning, and once in six looks.
        let (now, more) = (try calls("exists", server) - looks, try calls("hgetall", server))
        #expect(more - before <= 50 * (2 + now / 5))
        // What another has written without a message is seen all the same.
        try server.ask("HSET", "services:chat:i7", "status", "draining")
        let isSeen = news.next { news in
            guard case .instances(let instances) = news else { return false }
            return instances.contains { $0.key.id == "i7" && $0.status == .draining }
        }
        #expect(isSeen != nil)
    }

    /// How often the server has carried out a command.
    private func calls(_ name: String, _ server: RedisServer) throws -> Int {
        let line = try server.ask("INFO", "commandstats").split(separator: "\r\n")
            .first { $0.hasPrefix("cmdstat_\(name):calls=") }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
    }

    @Test("A server that restarts without its data is filled again, and watches find it again")
    func restart() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        let news = bench.watch("chat")
        #expect(bench.put(instance("a")) == .success(.registered))
        #expect(news.hasIDs(["a"]))
        server.stop()
        guard case .away(.unreachable(let reason))? = news.next() else {
            Issue.record("not away")
            return
        }
        #expect(!reason.isEmpty)
        guard case .failure(.unreachable)? = bench.put(instance("a")) else {
            Issue.record("written while it is away")
            return
        }
        try server.start()
        #expect(news.hasIDs([]))
        #expect(putSoon(bench, instance("a")) == .registered)
        #expect(news.hasIDs(["a"]))
    }

    @Test("A replica refuses writes, and takes them once it is promoted")
    func promotion() throws {
        let master = try RedisServer()
        let replica = try RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        let (first, second) = (try Self.bench(master.port), try Self.bench(replica.port))
        #expect(first.put(instance("a")) == .success(.registered))
        #expect(eventually { second.list("chat") == .success([instance("a")]) })
        guard case .failure(.refused(let reason))? = second.put(instance("b")) else {
            Issue.record("a replica was written to")
            return
        }
        #expect(reason.contains("replica"))
        master.stop()
        try replica.ask("REPLICAOF", "NO", "ONE")
        #expect(putSoon(second, instance("b")) == .registered)
        #expect(second.list("chat") == .success([instance("a"), instance("b")]))
    }

    @Test("A server that hangs is unreachable within the time for an answer, and found again")
    func hanging() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        server.signal(SIGSTOP)
        guard case .failure(.unreachable(let reason))? = bench.put(instance("a", .draining)) else {
            Issue.record("a server that hangs has answered")
            return
        }
        #expect(reason.contains("0.5 seconds"))
        server.signal(SIGCONT)
        // The write may have arrived: it is no change by another.
        #expect(putSoon(bench, instance("a", .draining)) == .kept)
    }

    @Test("A reply that comes byte by byte is no answer in time")
    func trickle() throws {
        let peer = try Stranger(
            "$100\r\n" + String(repeating: "a", count: 15), pause: .milliseconds(100))
        defer { peer.stop() }
        guard
            case .failure(.unreachable(let reason))? = try Self.bench(peer.port).put(instance("a"))
        else {
            Issue.record("a part of a reply was taken for an answer")
            return
        }
        #expect(reason.contains("0.5 seconds"))
    }

    @Test("What arrived of several writes without an answer is no change by another")
    func lostAnswers() throws {
        let server = try RedisServer()
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        server.signal(SIGSTOP)
        // The first arrives; others follow before it has been carried out.
        for status in [InstanceStatus.draining, .unavailable, .starting] {
            guard case .failure? = bench.put(instance("a", status)) else {
                Issue.record("a server that hangs has answered")
                return
            }
        }
        server.signal(SIGCONT)
        #expect(
            eventually {
                (try? server.ask("HGET", "services:chat:a", "status").contains("draining")) == true
            })
        #expect(putSoon(bench, instance("a")) == .kept)
    }

    @Test("A first registration takes out the ids of those that have crashed")
    func crashes() throws {
        let server = try RedisServer()
        try server.ask("SADD", "service_instances:chat", "crashed", "also-crashed")
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        #expect(eventually { (try? server.ask("SCARD", "service_instances:chat")) == ":1\r\n" })
        #expect(try server.ask("SISMEMBER", "service_instances:chat", "a") == ":1\r\n")
    }

    @Test("A first registration looks at some others, however many there are")
    func manyStarts() throws {
        let server = try RedisServer()
        for number in 0..<200 { try server.ask("SADD", "service_instances:chat", "i\(number)") }
        for number in 0..<200 { try server.ask("HSET", "services:chat:i\(number)", "host", "h") }
        let before = try commands(server)
        let bench = try Self.bench(server.port)
        #expect(bench.put(instance("a")) == .success(.registered))
        // Time enough to read all of them, too.
        for _ in 0..<5 { #expect(bench.list("other") == .success([])) }
        #expect(try commands(server) - before < 60)
    }

    /// How many commands the server has carried out.
    private func commands(_ server: RedisServer) throws -> Int {
        let line = try server.ask("INFO", "stats").split(separator: "\r\n")
            .first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) } ?? 0
    }

    @Test("Ids of messages are remembered up to a bound while others are read")
    func manyMessages() throws {
        let server = try RedisServer()
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        var options = CheckOptions()
        let target = try RedisTarget("redis://127.0.0.1:\(server.port)", &options)
        let counts = Mailbox<[Int]>()
        loop.post {
            let link = RedisLink(to: RedisPlace(target), Self.quick, on: loop)
            let channel = RedisChannel("chat", link, Self.quick, on: loop)
            channel.refresh()
            channel.noted(String(repeating: "x", count: 256))
            let first = channel.changed.count
            for number in 0..<1000 { channel.noted("i\(number)") }
            counts.put([first, channel.changed.count])
            channel.close()
            link.close()
        }
        #expect(counts.next() == [0, 101])
    }

    @Test("A wrong password is a refusal, and the right one works")
    func password() throws {
        let server = try RedisServer(["--requirepass", "secret"])
        let wrong = try Self.bench(server.port, login: ":other@")
        guard case .failure(.refused(let reason))? = wrong.put(instance("a")) else {
            Issue.record("a wrong password was taken")
            return
        }
        #expect(reason.contains("password"))
        let right = try Self.bench(server.port, login: ":secret@")
        #expect(right.put(instance("a")) == .success(.registered))
    }

    @Test("An instance or a name that is not valid is refused without a question")
    func faults() throws {
        let bench = try Self.bench(1)
        let bad = Instance(
            InstanceKey(service: "a:b", id: "c"), host: "h", port: 1, status: .available)
        guard case .failure(.refused)? = bench.put(bad),
            case .failure(.refused)? = bench.list("a/b"),
            case .refused? = bench.remove(bad.key),
            case .away(.refused)? = bench.watch("a:b").next()
        else {
            Issue.record("not refused")
            return
        }
        bench.close()
        #expect(bench.put(instance("a")) == .failure(.closed))
    }

    @Test("A peer that is no Redis, closes at once or answers garbage is a failure, each time")
    func strangers() throws {
        for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", "", "*-7\r\n", ":1\r\n:1\r\n:1\r\n"] {
            let peer = try Stranger(answer)
            let bench = try Self.bench(peer.port)
            for _ in 0..<3 {
                guard case .failure? = bench.put(instance("a")) else {
                    Issue.record("taken for a Redis: \(answer)")
                    return
                }
            }
            peer.stop()
        }
    }
}
