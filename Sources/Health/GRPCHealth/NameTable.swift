// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProtocol

/// Answers by name, looked up by the bytes of a request: no String is made, nothing is allocated.
///
/// Open addressing with linear probing. Only the reporter adds names, so that a peer cannot make it grow or
/// collide.
struct NameTable {
    private struct Entry {
        let name: [UInt8]
        let hash: UInt
        var answer: HealthAnswer
    }

    private var entries: [Entry] = []
    /// Places of entries, -1 where there is none; the count is a power of two, at least twice the entries.
    private var places = [Int](repeating: -1, count: 16)
    private var longestName = 0

    var count: Int { entries.count }

    var all: [(name: String, status: ServingStatus)] {
        entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
            .map { (String(decoding: $0.name, as: UTF8.self), $0.answer.status) }
    }

    subscript(name: UnsafeRawBufferPointer) -> HealthAnswer? {
        // A peer's names may be long: those that cannot be here are not hashed.
        if name.count > longestName { return nil }
        let index = places[place(of: name, Self.hash(name))]
        return index >= 0 ? entries[index].answer : nil
    }

    /// Sets what a name answers; nil takes the name out.
    mutating func set(_ name: [UInt8], _ answer: HealthAnswer?) {
        let hash = name.withUnsafeBytes { Self.hash($0) }
        let place = name.withUnsafeBytes { self.place(of: $0, hash) }
        let index = places[place]
        switch (index >= 0, answer) {
        case (true, let answer?): entries[index].answer = answer
        case (true, nil): remove(index, at: place)
        case (false, let answer?):
            append(Entry(name: name, hash: hash, answer: answer), at: place)
        case (false, nil): break
        }
    }

    /// Where the name stands, or the free place where its search ends.
    @inline(__always)
    private func place(of name: UnsafeRawBufferPointer, _ hash: UInt) -> Int {
        var place = home(of: hash)
        while places[place] >= 0 {
            let entry = entries[places[place]]
            if entry.hash == hash, Self.isEqual(entry.name, name) { break }
            place = next(place)
        }
        return place
    }

    private func home(of hash: UInt) -> Int { Int(bitPattern: hash) & (places.count - 1) }

    private func next(_ place: Int) -> Int { (place + 1) & (places.count - 1) }

    private mutating func append(_ entry: Entry, at place: Int) {
        places[place] = entries.count
        entries.append(entry)
        longestName = max(longestName, entry.name.count)
        if entries.count * 2 > places.count { grow() }
    }

    private mutating func grow() {
        places = [Int](repeating: -1, count: places.count * 2)
        for (index, entry) in entries.enumerated() {
            var place = home(of: entry.hash)
            while places[place] >= 0 { place = next(place) }
            places[place] = index
        }
    }

    private mutating func remove(_ index: Int, at place: Int) {
        let last = entries.count - 1
        if index < last {
            // The last entry takes over the index that is free.
            let moved = entries[last]
            places[moved.name.withUnsafeBytes { self.place(of: $0, moved.hash) }] = index
            entries[index] = moved
        }
        entries.removeLast()
        closeGap(at: place)
    }

    /// Moves up what was put behind a place because that was taken, so that searches do not end at the gap.
    private mutating func closeGap(at place: Int) {
        var gap = place
        var follower = next(gap)
        while places[follower] >= 0 {
            let home = home(of: entries[places[follower]].hash)
            // Both counted from the follower backwards, round the end: its home is not behind the gap.
            if (follower &- home) & (places.count - 1) >= (follower &- gap) & (places.count - 1) {
                places[gap] = places[follower]
                gap = follower
            }
            follower = next(follower)
        }
        places[gap] = -1
    }

    /// FNV-1a.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt {
        var hash: UInt = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    private static func isEqual(_ name: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard name.count == bytes.count else { return false }
        return bytes.isEmpty
            || name.withUnsafeBytes {
                memcmp($0.baseAddress!, bytes.baseAddress!, bytes.count) == 0
            }
    }
}
