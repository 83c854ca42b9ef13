// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import InstanceRegistry
import LocalRegistry
import SystemIO
import TestSupport
import Testing

@testable import ServedRegistry

@Suite("A registry that strangers read")
struct StrangerTests {
    private static let body = #"{"host":"10.0.0.7","port":8080,"tags":["gpu","eu"]}"#

    private func network(_ text: String) throws -> PeerAddress.Network {
        PeerAddress(try #require(SocketAddress(numeric: text, port: 1))).network
    }

    private func filled() throws -> Registry {
        let registry = try Registry(silence: .seconds(3600))
        for id in ["b", "a", "c"] { try registry.ask(.put, "/discover/chat/" + id, Self.body) }
        return registry
    }

    @Test(
        "For a client that has a list nothing is made, nor for the same wish in other words",
        arguments: [false, true])
    func made(elsewhere: Bool) throws {
        let registry = try filled()
        func ask(_ query: String, known: String = "") throws -> (HTTPResponse, Int) {
            let fields = [(name: "if-none-match", value: known)]
            let answer = try registry.ask(
                .get, "/discover/chat" + query, fields: fields, elsewhere: elsewhere)
            return (answer, try registry.onDesk { $0.documents.made })
        }
        let (list, made) = try ask("?tag=gpu&tag=eu")
        #expect(list.status == .ok && made == 1)
        let tag = try #require(list.field("etag"))
        for number in 0..<40 {
            let (answer, made) = try ask("?tag=t\(number)", known: tag)
            #expect(answer.status == .notModified && made == 1)
        }
        // Of events no time is told: they are as good after a second.
        let events = try registry.onDesk { desk in
            for tags in [["gpu", "eu"], ["eu", "gpu", "eu"]] {
                _ = desk.event("chat", InstanceSelection(tags: tags))
            }
            return desk.documents.made
        }
        #expect(events == 2)
        let many = (0..<33).map { "tag=t\($0)" }.joined(separator: "&")
        #expect(try ask("?" + many).0.status == .badRequest)
    }

    @Test("A number of requests may wait; more are refused, and those that have left cost nothing")
    func waiting() throws {
        let registry = try filled()
        let gate = try registry.holdDesk()
        let waiting = try (0..<RegistryDesk.maxRequests).map {
            try registry.begin("/discover/chat?tag=t\($0)")
        }
        let refused = try registry.ask(.get, "/discover/chat", elsewhere: true)
        #expect(refused.status == .serviceUnavailable && refused.field("retry-after") == "1")
        for request in waiting.dropFirst(3) { try request.leave() }
        // Those that have left keep their places until the desk has seen it.
        #expect(try registry.ask(.get, "/discover", elsewhere: true).status == .serviceUnavailable)
        gate.put(())
        for request in waiting.prefix(3) { #expect(request.answers.next()?.status == .ok) }
        #expect(try registry.ask(.get, "/discover/chat", elsewhere: true).status == .ok)
        #expect(waiting.dropFirst(3).allSatisfy { $0.answers.count == 0 })
        #expect(try registry.onDesk { ($0.documents.made, $0.requests.count) } == (4, 0))
    }

    @Test("A write waits behind no reader")
    func writes() throws {
        let registry = try filled()
        let gate = try registry.holdDesk()
        for number in 0..<RegistryDesk.maxRequests {
            _ = try registry.begin("/discover/chat?tag=t\(number)")
        }
        let write = try registry.begin("/discover/chat/d", .put, Self.body)
        gate.put(())
        #expect(write.answers.next()?.status == .created)
    }

    @Test("One address has its share of the streams, and leaves some to the others")
    func share() throws {
        let registry = try Registry(peerShare: 90)
        let (stranger, other) = (try network("10.0.0.1"), try network("10.0.0.2"))
        let places = try registry.onDesk { $0.streams }
        var taken = 0
        while case .taken = places.take(for: stranger) { taken += 1 }
        #expect(taken == 900)
        let refused = try registry.ask(.get, "/discover/chat?watch", network: stranger)
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.text.contains("this address has its share of the streams"))
        #expect(try registry.ask(.get, "/discover/chat?watch", network: other).status == .ok)
        #expect(places.count == 900)
        places.giveBack(of: stranger)
        #expect(try registry.ask(.get, "/discover/chat?watch", network: stranger).status == .ok)
    }

    @Test("What was made for a client that does not take it counts as held for it")
    func held() throws {
        let registry = try filled()
        let stream = try registry.open("/discover/chat?watch", elsewhere: true, takesAll: false)
        let wanted = try registry.onDesk { $0.event("chat", InstanceSelection()).body.count }
        _ = try stream.next()
        #expect(try stream.heldBytes() == 12 + wanted)
        let part = try stream.takePart()
        #expect(part.hasPrefix("retry: 3000\n") && part.utf8.count == 12 + wanted)
        #expect(try stream.heldBytes() == 0)
        try registry.ask(.delete, "/discover/chat/b")
        _ = try stream.next()
        #expect(try stream.takePart() == "")
        _ = try stream.next()
        #expect(try stream.heldBytes() > 0)
        try stream.end()
        #expect(try stream.heldBytes() == 0)
    }

    @Test("A list that its readers would not take does not come to be: its owner is told")
    func largeLists() throws {
        var limits = InstanceTable.Limits()
        limits.documents = .init()
        limits.documents?.ofService = 1 << 20
        let registry = try Registry(.everybody, limits)
        let value = String(repeating: "x", count: 1000)
        let metadata = (0..<20).map { #""m\#($0)":"\#(value)""# }.joined(separator: ",")
        let large = #"{"host":"h","port":1,"metadata":{\#(metadata)}}"#
        var taken = 0
        while taken < 200,
            try registry.ask(.put, "/discover/chat/i\(taken)", large).status == .created
        { taken += 1 }
        #expect((45..<55).contains(taken))
        let refused = try registry.ask(.put, "/discover/chat/more", large)
        #expect(refused.status.rawValue == 507)
        #expect(refused.text.contains("the list of the service has 1 MiB"))
        // Those that are there live on, and what one gives back another gets.
        #expect(try registry.ask(.put, "/discover/chat/i0", large).status == .ok)
        #expect(try registry.ask(.put, "/discover/chat/i0", Self.body).status == .ok)
        #expect(try registry.ask(.put, "/discover/chat/more", large).status == .created)
        #expect(try registry.ask(.get, "/discover/chat").body.count <= (1 << 20) + 1000)
        #expect(try registry.ask(.put, "/discover/else/a", large).status == .created)
    }

    @Test("Lists are in the order of ids, whatever came and went")
    func order() throws {
        let registry = try filled()
        func ids() throws -> String {
            let text = try registry.ask(.get, "/discover/chat").text
            let parts = text.split(separator: "\"").enumerated()
            let all = Array(text.split(separator: "\""))
            return parts.filter { $0.element == "instance_id" }.map { String(all[$0.offset + 2]) }
                .joined(separator: " ")
        }
        #expect(try ids() == "a b c")
        for id in ["0", "bb", "z"] { try registry.ask(.put, "/discover/chat/" + id, Self.body) }
        #expect(try ids() == "0 a b bb c z")
        for id in ["a", "z", "0"] { try registry.ask(.delete, "/discover/chat/" + id) }
        #expect(try ids() == "b bb c")
        try registry.ask(.put, "/discover/chat/a", Self.body)
        try registry.ask(.delete, "/discover/chat/c")
        #expect(try ids() == "a b bb")
    }
}
