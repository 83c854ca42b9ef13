// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import SystemIO

@Suite("Services of DNS")
struct ServicePlaceTests {
    /// An answer with a question for `_g._tcp.x`, and these answers.
    private func message(_ answers: [[UInt8]]) -> [UInt8] {
        let header: [UInt8] = [0, 1, 0x81, 0x80, 0, 1, 0, UInt8(answers.count), 0, 0, 0, 0]
        let question: [UInt8] = [2, 95, 103, 4, 95, 116, 99, 112, 1, 120, 0, 0, 33, 0, 1]
        return header + question + answers.joined()
    }

    private func record(_ type: UInt8, seconds: UInt8, _ data: [UInt8]) -> [UInt8] {
        // The name is a pointer to that of the question.
        [0xC0, 12, 0, type, 0, 1, 0, 0, 0, seconds, 0, UInt8(data.count)] + data
    }

    @Test("Records of SRV have host, port, priority, weight and their time to live")
    func places() {
        let direct = record(33, seconds: 30, [0, 1, 0, 2, 0xC3, 0x83, 1, 97, 1, 120, 0])
        // The host ends with a pointer to the x of the question.
        let pointed = record(33, seconds: 7, [0, 3, 0, 4, 0, 80, 1, 98, 0xC0, 20])
        let alias = record(5, seconds: 1, [1, 99, 0])
        #expect(
            NameMessage(message([alias, direct, pointed]))?.places() == [
                ServicePlace(host: "a.x", port: 50051, priority: 1, weight: 2, timeToLive: 30),
                ServicePlace(host: "b.x", port: 80, priority: 3, weight: 4, timeToLive: 7),
            ])
        let nowhere = record(33, seconds: 30, [0, 0, 0, 0, 0, 0, 0])
        #expect(NameMessage(message([nowhere]))?.places() == [])
    }

    @Test("Addresses have their time to live")
    func addresses() {
        let four = record(1, seconds: 9, [10, 0, 0, 7])
        let six = record(28, seconds: 8, [0xFD] + [UInt8](repeating: 0, count: 14) + [7])
        let found = NameMessage(message([four, six]))?.addresses(port: 80) ?? []
        #expect(found.map(\.timeToLive) == [9, 8])
        #expect(found.map(\.address.text) == ["10.0.0.7:80", "[fd00::7]:80"])
    }

    @Test("A name that points in a circle, and messages that are cut off, are refused")
    func malformed() {
        let circle = record(33, seconds: 1, [0, 0, 0, 0, 0, 80, 0xC0, 45])
        let good = message([record(33, seconds: 1, [0, 0, 0, 0, 0, 80, 1, 97, 0])])
        #expect(NameMessage(message([circle]))?.places() == nil)
        #expect(NameMessage(good)?.places()?.count == 1)
        for count in 0..<good.count { #expect(NameMessage(Array(good[..<count])) == nil) }
    }

    @Test("Places are ordered by priority, and by weight at random")
    func order() {
        var random = SystemRandomNumberGenerator()
        let places = [
            ServicePlace(host: "second", port: 1, priority: 2, weight: 100),
            ServicePlace(host: "heavy", port: 1, priority: 1, weight: 90),
            ServicePlace(host: "light", port: 1, priority: 1, weight: 10),
            ServicePlace(host: "none", port: 1, priority: 1, weight: 0),
        ]
        var firsts: [String: Int] = [:]
        for _ in 0..<2000 {
            let ordered = places.ordered(using: &random).map(\.host)
            #expect(ordered.sorted() == ["heavy", "light", "none", "second"])
            #expect(ordered.last == "second")
            firsts[ordered[0], default: 0] += 1
        }
        // Far from what chance makes of 90 to 10.
        #expect((1600...1950).contains(firsts["heavy"] ?? 0))
        #expect((firsts["none"] ?? 0) < 100)
        #expect([ServicePlace]().ordered(using: &random).isEmpty)
    }

    /// The data of a record of SRV.
    private func srv(_ host: String, port: UInt8, priority: UInt8) -> [UInt8] {
        [0, priority, 0, 0, 0, port, UInt8(host.utf8.count)] + host.utf8 + [0]
    }

    @Test("A place whose name gets no answer leaves time for the next place, and to connect")
    func silentPlace() throws {
        let server = try ScriptedNameServer(
            .records([
                (33, 9, srv("silent", port: 80, priority: 0)),
                (33, 9, srv("good", port: 81, priority: 1)), (1, 9, [127, 0, 0, 1]),
            ]), silentFor: "silent")
        let deadline = MonotonicTime.now() + .seconds(3)
        let found = try NameResolver.serviceAddresses(
            "_x._tcp.test", at: server.address, deadline: deadline)
        #expect(found.map(\.text) == ["127.0.0.1:81"])
    }

    @Test("Each place has a part of the time; the last one has all while nothing is found")
    func partsOfTime() {
        func part(_ left: Int, isFirst: Bool = true) -> Int64 {
            let zero = MonotonicTime(nanoseconds: 0)
            let end = MonotonicTime(nanoseconds: 1200)
            return NameResolver.placeDeadline(left: left, isFirst: isFirst, zero, end).nanoseconds
        }
        #expect(part(1) == 1200)
        #expect(part(1, isFirst: false) == 600)
        #expect(part(2) == 400)
        #expect(part(3) == 300 && part(16) == 300)
    }
}
