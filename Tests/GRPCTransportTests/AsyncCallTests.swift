// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("A call with an asynchronous handler")
struct AsyncCallTests {
    @Test("is answered when its handler is done")
    func completes() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [1, 2])
        #expect(fixture.begun.next() == [1, 2])
        try peer.expectSilence()
        fixture.gate.open()
        let answer = try peer.nextAnswer()
        #expect(answer.message == [1, 2] && answer.trailers == ["grpc-status: 0"])
        #expect(fixture.cancellations.next() == false)
    }

    @Test("ends with the status that its handler throws, which knows of the deadline")
    func throwsStatus() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        fixture.gate.open()
        try peer.call("/test.Calls/WaitAndFail", on: 1, [])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(15, "no deadline"))
        try peer.call("/test.Calls/WaitAndFail", on: 3, [], extra: [("grpc-timeout", "1H")])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(15, "deadline"))
    }

    @Test("does not hold up others of its connection")
    func others() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [1])
        try peer.call("/test.Calls/Echo", on: 3, [3])
        #expect(try peer.nextAnswer().message == [3])
        fixture.gate.open()
        #expect(try peer.nextAnswer().message == [1])
    }

    @Test("is cancelled when the client resets it")
    func reset() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [])
        #expect(fixture.begun.next() != nil)
        try peer.send(.reset(1))
        #expect(fixture.cancellations.next() == true)
        try peer.expectSilence()
    }

    @Test("is cancelled when its connection ends", arguments: [true, false])
    func connectionEnd(_ halfClosed: Bool) throws {
        let fixture = try CallFixture()
        var peer: ScriptedPeer? = try fixture.greetedPeer()
        try peer?.call("/test.Calls/Wait", on: 1, [])
        #expect(fixture.begun.next() != nil)
        if halfClosed {
            peer?.shutdownSending()
        } else {
            peer = nil
        }
        #expect(fixture.cancellations.next() == true)
        // The server lives on.
        let other = try fixture.greetedPeer()
        try other.call("/test.Calls/Echo", on: 1, [7])
        #expect(try other.nextAnswer().message == [7])
    }

    @Test("is cancelled at its deadline, and ends with DEADLINE_EXCEEDED")
    func deadline() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer()
        try peer.call("/test.Calls/Wait", on: 1, [], extra: [("grpc-timeout", "50m")])
        #expect(try peer.nextHeaders(endStream: true) == trailersOnly(4, "the deadline has passed"))
        #expect(fixture.cancellations.next() == true)
        try peer.expectSilence()
    }

    @Test("whose answer waits for a window is cut off at its deadline")
    func deadlineOfWaitingAnswer() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        fixture.gate.open()
        try peer.call("/test.Calls/Wait", on: 1, [1], extra: [("grpc-timeout", "200m")])
        #expect(
            try peer.nextHeaders(endStream: false) == [
                ":status: 200", "content-type: application/grpc",
            ])
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        try peer.expectSilence()
    }

    @Test("A unary answer that waits for a window is cut off at its deadline too")
    func deadlineOfWaitingUnary() throws {
        let fixture = try CallFixture()
        let peer = try fixture.greetedPeer(settings: [(4, 0)])
        try peer.call("/test.Calls/Echo", on: 1, extra: [("grpc-timeout", "200m")])
        // In two reads, so that the deadline is watched: the server has read the first when it answers the PING.
        try peer.send(.data(1, [0, 0, 0]))
        try peer.send(.ping(1))
        _ = try peer.next(.ping)
        try peer.send(.data(1, [0, 0], endStream: true))
        _ = try peer.nextHeaders(endStream: false)
        #expect(try peer.next(.rstStream) == .reset(1, code: 8))
        try peer.expectSilence()
    }
}
