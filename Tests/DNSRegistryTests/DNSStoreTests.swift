// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import EventLoops
import InstanceRegistry
import SystemIO
import TestSupport
import Testing

@testable import DNSRegistry

@Suite("Instances of DNS")
struct DNSStoreTests {
    /// A store on a loop of its own, which watches one service.
    private final class Watched: Sendable {
        let group: EventLoopGroup
        let news = Mailbox<String>()
        private let store: LoopBound<DNSStore>

        init(_ text: String, at server: String, _ times: DNSTimes) throws {
            var options = CheckOptions(["server": [server]])
            let target = try DNSTarget(text, &options)
            group = try EventLoopGroup(count: 1)
            let loop = group.loops[0]
            store = LoopBound(DNSStore(target, times, on: loop), on: loop)
            loop.post { [store, news] in
                _ = store.value.watch("chat") { news.put(Self.text($0)) }
            }
        }

        private static func text(_ told: WatchNews) -> String {
            switch told {
            case .instances(let list): list.map(\.address).joined(separator: " ")
            case .away(.closed): "closed"
            case .away(let failure): "away: \(failure.text)"
            }
        }

        func ask(_ question: @escaping @Sendable (DNSStore, Mailbox<String>) -> Void) -> String? {
            let box = Mailbox<String>()
            store.loop.post { [store] in question(store.value, box) }
            return box.next()
        }

        func close() {
            store.loop.post { [store] in store.value.close() }
        }
    }

    /// The data of a record of SRV.
    private func srv(_ port: UInt8, priority: UInt8 = 0, host: String = "a") -> [UInt8] {
        [0, priority, 0, 0, 0, port, UInt8(host.utf8.count)] + host.utf8 + [0]
    }

    private var quick: DNSTimes {
        var times = DNSTimes()
        times.shortest = .milliseconds(5)
        times.withoutRecords = .milliseconds(5)
        return times
    }

    @Test("A watch asks again when the time to live is over, and tells changes only")
    func changes() throws {
        let server = try ScriptedNameServer(.records([(33, 0, srv(80))]))
        let watched = try Watched("srv:_x._tcp.*.test", at: server.address, quick)
        #expect(watched.news.next() == "a:80")
        #expect(eventually { server.count >= 3 })
        server.set(.records([(33, 0, srv(80)), (33, 0, srv(81, host: "b"))]))
        #expect(watched.news.next() == "a:80 b:81")
        server.set(.noName)
        #expect(watched.news.next() == "")
        server.set(.records([(33, 0, srv(82))]))
        #expect(watched.news.next() == "a:82")
        watched.close()
        #expect(watched.news.next() == "closed" && watched.news.count == 0)
    }

    @Test("The time to live is kept")
    func timeToLive() throws {
        let server = try ScriptedNameServer(.records([(33, 200, srv(80))]))
        let watched = try Watched("srv:chat.test", at: server.address, quick)
        #expect(watched.news.next() == "a:80")
        // One that is asked for by another is answered; the watch itself waits for 200 s.
        for _ in 0..<3 {
            let listed = watched.ask { store, box in
                store.list("chat") { box.put("\((try? $0.get())?.count ?? -1)") }
            }
            #expect(listed == "1")
        }
        #expect(server.count == 4)
        watched.close()
    }

    @Test("A server that is silent is away, and what it says later is told")
    func silence() throws {
        let server = try ScriptedNameServer(.silence)
        var times = quick
        times.answer = .milliseconds(300)
        let watched = try Watched("dns:*.test:50051", at: server.address, times)
        #expect(watched.news.next() == "away: the name server \(server.address) is silent")
        server.set(.records([(1, 9, [10, 0, 0, 7])]))
        #expect(watched.news.next() == "10.0.0.7:50051")
        watched.close()
    }

    @Test("DNS is only read")
    func readOnly() throws {
        let server = try ScriptedNameServer(.noName)
        let watched = try Watched("srv:*.test", at: server.address, quick)
        let refusal = watched.ask { store, box in
            let key = InstanceKey(service: "chat", id: "1")
            store.put(Instance(key, host: "h", port: 1, status: .available)) { result in
                guard case .failure(let failure) = result else { return box.put("taken") }
                box.put(failure.text)
            }
        }
        #expect(refusal?.contains("can only be read") == true)
        watched.close()
        let late = watched.ask { store, box in
            store.list("chat") { box.put($0 == .failure(.closed) ? "closed" : "\($0)") }
        }
        #expect(late == "closed")
        watched.group.stop()
    }

    @Test(
        "The shortest time to live of an answer counts, within bounds; what is no instance is left out"
    )
    func answer() {
        let places = [
            ServicePlace(host: "b", port: 2, priority: 7, timeToLive: 60),
            ServicePlace(host: "fd00::7", port: 1, timeToLive: 30),
            ServicePlace(host: "b", port: 2, priority: 7, timeToLive: 60),
            ServicePlace(host: "", port: 3, timeToLive: 40),
        ]
        let answer = DNSAnswer("s", places, DNSTimes())
        #expect(answer.instances.map(\.key.id) == ["b-2", "fd00__7-1"])
        #expect(answer.instances.map(\.priority) == [7, 0])
        #expect(answer.timeToLive == .seconds(30))
        #expect(DNSAnswer("s", [], DNSTimes()).timeToLive == .seconds(5))
        // Weights are shares; all without one is how a zone says that there are none.
        #expect(answer.instances.allSatisfy { $0.metadata[Instance.weightName] == nil })
        let weighted = [
            ServicePlace(host: "a", port: 1, weight: 0),
            ServicePlace(host: "b", port: 1, weight: 5),
        ]
        #expect(DNSAnswer("s", weighted, DNSTimes()).instances.map(\.weight) == [0, 5])
        let long = [ServicePlace(host: "a", port: 1, timeToLive: 86_400)]
        #expect(DNSAnswer("s", long, DNSTimes()).timeToLive == .seconds(300))
    }

    @Test("A target is a name, in which a star is the service")
    func targets() throws {
        var options = CheckOptions()
        #expect(
            try DNSTarget("srv:_x._tcp.*.test", &options).name(of: "chat") == "_x._tcp.chat.test")
        #expect(try DNSTarget("dns:h:80", &options).text == "dns:h:80")
        for wrong in ["srv:", "srv:a b", "dns:h", "dns:h:0", "dns:[::1]:80", "other:h"] {
            #expect(throws: CheckOptionError.self) { try DNSTarget(wrong, &options) }
        }
        options = CheckOptions(["server": ["nowhere"]])
        #expect(throws: CheckOptionError.self) { try DNSTarget("srv:h", &options) }
    }
}
