// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import InstanceRegistry
import TestSupport
import Testing

@testable import ServedRegistry

@Suite("A stream of the instances of a service")
struct RegistryStreamTests {
    private static let body = #"{"host":"10.0.0.7","port":8080,"tags":["gpu"]}"#
    private static let draining = #"{"host":"10.0.0.7","port":8080,"status":"draining"}"#

    @Test(
        "It begins with what there is, also nothing, and tells of each change",
        arguments: [false, true])
    func changes(elsewhere: Bool) throws {
        let registry = try Registry()
        let stream = try registry.open("/discover/chat?watch", elsewhere: elsewhere)
        #expect(
            try stream.next()
                == "retry: 3000\ndata: {\"service_name\":\"chat\",\"instances\":[]}\n\n")
        try registry.ask(.put, "/discover/chat/a", Self.body)
        #expect(try stream.next().contains(#""status":"available""#))
        // Neither a renewal nor another service is news.
        try registry.ask(.put, "/discover/chat/a", Self.body)
        try registry.ask(.put, "/discover/chat-2/a", Self.body)
        try registry.ask(.put, "/discover/chat/a", Self.draining)
        #expect(try stream.next().contains(#""status":"draining""#))
        try registry.ask(.delete, "/discover/chat/a")
        #expect(try stream.next() == "data: {\"service_name\":\"chat\",\"instances\":[]}\n\n")
        #expect(stream.parts.count == 0)
        let places = try registry.onDesk { $0.streams }
        #expect(places.count == 1)
        try stream.end()
        #expect(places.count == 0)
    }

    @Test("One for a tag is told of nothing else")
    func selection() throws {
        let registry = try Registry()
        let stream = try registry.open("/discover/chat?watch&tag=gpu&status=available")
        #expect(try stream.next().contains(#""instances":[]"#))
        try registry.ask(.put, "/discover/chat/b", #"{"host":"h","port":1}"#)
        try registry.ask(.put, "/discover/chat/a", Self.body)
        let part = try stream.next()
        #expect(part.contains(#""instance_id":"a""#) && !part.contains(#""instance_id":"b""#))
        try registry.ask(.delete, "/discover/chat/b")
        try registry.ask(.put, "/discover/chat/a", Self.draining)
        #expect(try stream.next().contains(#""instances":[]"#))
        try stream.end()
    }

    @Test("Many changes at once are told as one list, which is the newest")
    func paced() throws {
        let registry = try Registry()
        let stream = try registry.open("/discover/chat?watch")
        _ = try stream.next()
        for index in 0..<100 { try registry.ask(.put, "/discover/chat/i\(index)", Self.body) }
        var told = 0
        while true {
            told += 1
            if try stream.next().contains(#""instance_id":"i99""#) { break }
        }
        #expect(told < 100)
        try stream.end()
    }

    @Test(
        "One that has nothing to tell says so, since its client cannot know otherwise that it lives"
    )
    func silence() throws {
        let registry = try Registry(silence: .milliseconds(5))
        let stream = try registry.open("/discover/chat?watch", elsewhere: true)
        _ = try stream.next()
        #expect(try stream.next() == ":\n\n")
        #expect(try stream.next() == ":\n\n")
        try stream.end()
    }

    @Test("Beyond a number of streams others are refused, until one ends")
    func places() throws {
        let registry = try Registry()
        let first = try registry.open("/discover/chat?watch")
        let places = try registry.onDesk { $0.streams }
        for number in 1..<RegistryDesk.maxStreams {
            #expect(places.take(for: nil) == .taken(UInt64(number + 1)))
        }
        let refused = try registry.ask(.get, "/discover/chat?watch")
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.field("retry-after") == "30")
        #expect(places.count == RegistryDesk.maxStreams)
        try first.end()
        #expect(
            try registry.ask(.get, "/discover/chat?watch").field("content-type")
                == "text/event-stream")
        #expect(try registry.ask(.head, "/discover/chat?watch").status == .ok)
        #expect(places.count == RegistryDesk.maxStreams - 1)
    }
}
