// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import RTSPWire

@Suite("Packets of a stream")
struct RTPTests {
    private static let header: [UInt8] = [
        0x80, 0xe0, 0x12, 0x34, 0xff, 0xff, 0xff, 0xfe, 0xde, 0xad, 0xbe, 0xef,
    ]

    @Test("A header is read with its sources, its extension and its padding")
    func header() throws {
        let plain = try #require(RTPPacket(Self.header + [1, 2, 3]))
        #expect(plain.isMarked)
        #expect(plain.payloadType == 0x60)
        #expect(plain.sequence == 0x1234)
        #expect(plain.timestamp == 0xffff_fffe)
        #expect(plain.source == 0xdead_beef)
        #expect(plain.payloadCount == 3)
        var full = Self.header
        full[0] = 0xb2
        full[1] = 0x60
        full += [UInt8](repeating: 9, count: 8) + [0, 0, 0, 1] + [7, 7, 7, 7] + [1, 2, 0, 2]
        let packet = try #require(RTPPacket(full))
        #expect(!packet.isMarked)
        #expect(packet.payloadCount == 2)
    }

    @Test("Half a header, another version and padding beyond the payload are refused")
    func malformed() {
        #expect(RTPPacket([]) == nil)
        #expect(RTPPacket(Array(Self.header.dropLast())) == nil)
        func changed(_ first: UInt8, _ rest: [UInt8]) -> RTPPacket? {
            RTPPacket([first] + Self.header.dropFirst() + rest)
        }
        #expect(changed(0x40, [1]) == nil)
        #expect(changed(0x8f, [1]) == nil)
        #expect(changed(0x90, [0, 0, 0]) == nil)
        #expect(changed(0x90, [0, 0, 0xff, 0xff]) == nil)
        #expect(changed(0xa0, [1, 3]) == nil)
        #expect(changed(0xa0, [1, 0]) == nil)
        #expect(changed(0xa0, []) == nil)
        #expect(changed(0xa0, [1, 2])?.payloadCount == 0)
    }

    private func loss(_ numbers: [Int]) -> RTPLoss {
        var loss = RTPLoss()
        for number in numbers { _ = loss.receive(UInt16(truncatingIfNeeded: number)) }
        return loss
    }

    @Test("Missing packets are counted, also where the numbers wrap")
    func missing() {
        #expect(loss([65_533, 65_534, 65_536, 65_537, 65_540]).lost == 3)
        #expect(loss([65_533, 65_534, 65_536, 65_537, 65_540]).received == 5)
        #expect(loss([1, 2, 3, 101]).lost == 97)
        #expect(loss([1, 101]).percent == 99 * 100 / 101.0)
        #expect(loss([]).percent == 0)
    }

    @Test("Late packets are not missing, repeated ones count once, and a new beginning is no loss")
    func order() {
        #expect(loss([1, 2, 4, 3, 5]).lost == 0)
        #expect(loss([1, 2, 2, 4, 4, 3, 3]) == loss([1, 2, 4, 3]))
        #expect(loss([10, 9, 8, 11]).lost == 0)
        #expect(loss([10, 9, 8, 11]).received == 2)
        #expect(loss([1, 2, 30_000, 30_001, 1, 2]).lost == 0)
    }

    @Test("Loss by any order of numbers is what was left out")
    func anyOrder() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<200 {
            let start = Int.random(in: 0..<65_536, using: &random)
            var numbers = (1..<500).filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
            let missing = 499 - numbers.count
            for index in stride(from: 2, to: numbers.count - 8, by: 9) {
                numbers.swapAt(index, index + Int.random(in: 0..<7, using: &random))
            }
            numbers = [0] + numbers + [500]
            #expect(loss(numbers.map { $0 + start }).lost == missing)
        }
    }

    private func frames(_ packets: [(UInt32, Bool)], clockRate: Int = 90_000) -> RTPFrames {
        var frames = RTPFrames(clockRate: clockRate)
        for (timestamp, isMarked) in packets {
            frames.receive(timestamp: timestamp, isMarked: isMarked)
        }
        return frames
    }

    @Test("A frame ends with its marker, or where the timestamp changes")
    func ends() {
        #expect(frames([(0, false), (0, true), (3600, false)]).count == 1)
        #expect(frames([(0, false), (3600, false), (7200, false)]).count == 2)
        // Some senders mark each packet.
        #expect(frames([(0, true), (0, true), (3600, true), (3600, true)]).count == 2)
    }

    @Test("The rate follows from the timestamps, also where they wrap or go back and forth")
    func rates() {
        let start = UInt32.max - 5000
        #expect(frames((0..<26).map { (start &+ UInt32($0) * 3600, true) }).rate == 25)
        #expect(frames([(0, true), (10_800, true), (3600, true), (7200, true)]).rate == 25)
        #expect(frames([(0, true)]).rate == nil)
        #expect(frames([(0, true), (1, true)], clockRate: 0).rate == 1)
    }

    @Test("A clock that jumps, and another sender, begin anew")
    func anew() {
        var jumped = frames([(0, true), (3600, true), (2_000_000_000, true), (2_000_003_600, true)])
        #expect(jumped.rate == 25)
        #expect(jumped.count == 4)
        jumped.beginAnew()
        jumped.receive(timestamp: 7, isMarked: true)
        #expect(jumped.rate == 25)
        #expect(jumped.count == 5)
    }
}
