// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Containers
import GRPCTransport
import Testing

@testable import GRPCChannelz

@Suite("The numbers of channelz")
struct ChannelzIDTests {
    private func place(_ loop: Int, _ slot: Int, _ generation: UInt32) -> ConnectionPlace {
        ConnectionPlace(loop: loop, key: SlotKey(slot: slot, generation: generation))
    }

    @Test("name what they were made for")
    func roundTrip() throws {
        for index in 0..<ChannelzID.maxServers {
            #expect(ChannelzID.entity(ChannelzID.server(index)) == .server(index))
            for (loop, slot, generation) in [
                (0, 0, 0), (1023, 0, 0), (0, (1 << 20) - 2, 0), (3, 5, (1 << 30) - 1),
            ] as [(Int, Int, UInt32)] {
                let place = place(loop, slot, generation)
                let number = try #require(ChannelzID.socket(server: index, place))
                #expect(number > 0)
                #expect(ChannelzID.entity(number) == .socket(server: index, place))
                #expect(ChannelzID.firstPlace(from: number, server: index) == place)
            }
            let listen = ChannelzID.listenSocket(server: index, loop: 7)
            #expect(ChannelzID.entity(listen) == .listenSocket(server: index, loop: 7))
        }
        #expect(ChannelzID.entity(ChannelzID.channel(0)) == .channel(0))
        #expect(ChannelzID.channel(0) > ChannelzID.server(ChannelzID.maxServers - 1))
    }

    @Test("rise with loop, slot and generation")
    func order() throws {
        let places = [place(0, 0, 0), place(0, 0, 9), place(0, 1, 0), place(1, 0, 0)]
        let numbers = places.compactMap { ChannelzID.socket(server: 1, $0) }
        #expect(numbers.count == 4 && numbers == numbers.sorted())
        // The next page begins one behind the last number.
        #expect(ChannelzID.firstPlace(from: numbers[0] + 1, server: 1) == place(0, 0, 1))
    }

    @Test("of no thing name nothing", arguments: [0, -1, Int64.min, 1 << 50, 1 << 59])
    func nothing(_ number: Int64) {
        #expect(ChannelzID.entity(number) == nil)
    }

    @Test("of the sockets of a server begin at its first, and end with its last")
    func pages() throws {
        let number = try #require(ChannelzID.socket(server: 2, place(0, 0, 0)))
        for low in [0, -5, 1, number] {
            #expect(ChannelzID.firstPlace(from: low, server: 2) == place(0, 0, 0))
        }
        let next = try #require(ChannelzID.socket(server: 3, place(0, 0, 0)))
        #expect(ChannelzID.firstPlace(from: next, server: 2) == nil)
        #expect(ChannelzID.firstPlace(from: .max, server: 2) == nil)
    }

    @Test("are not given to more connections than there are numbers for")
    func tooMany() {
        #expect(ChannelzID.socket(server: 0, place(0, 1 << 20, 0)) == nil)
        #expect(ChannelzID.socket(server: 0, place(1 << 10, 0, 0)) == nil)
    }
}
