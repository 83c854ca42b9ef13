// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import HealthProtocol

/// Statuses by name, looked up by the bytes of a request: no String is made, nothing is allocated.
///
/// Open addressing with linear probing. Only the reporter adds names, so that a peer cannot make it grow or
/// collide; removal builds it anew.
struct NameTable {
    private struct Entry {
        let name: [UInt8]
        let hash: UInt
        var status: ServingStatus
    }

    private var entries: [Entry] = []
    /// Places of entries, -1 where there is none; the count is a power of two, at least twice the entries.
    private var places = [Int](repeating: -1, count: 16)
    private var longestName = 0

    var count: Int { entries.count }

    var all: [(name: String, status: ServingStatus)] {
        entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
            .map { (String(decoding: $0.name, as: UTF8.self), $0.status) }
    }

    subscript(name: UnsafeRawBufferPointer) -> ServingStatus? {
        // A peer's names may be long: those that cannot be here are not hashed.
        if name.count > longestName { return nil }
        let hash = Self.hash(name)
        var place = Int(bitPattern: hash) & (places.count - 1)
        while places[place] >= 0 {
            let index = places[place]
            if entries[index].hash == hash, Self.isEqual(entries[index].name, name) {
                return entries[index].status
            }
            place = (place + 1) & (places.count - 1)
        }
        return nil
    }

    /// Sets the status of a name; nil takes the name out.
    mutating func set(_ name: [UInt8], _ status: ServingStatus?) {
        let index = entries.firstIndex { $0.name == name }
        switch (index, status) {
        case (let index?, let status?): entries[index].status = status
        case (nil, let status?):
            let hash = name.withUnsafeBytes { Self.hash($0) }
            entries.append(Entry(name: name, hash: hash, status: status))
            rebuild()
        case (let index?, nil):
            entries.remove(at: index)
            rebuild()
        case (nil, nil): break
        }
    }

    private mutating func rebuild() {
        var capacity = 16
        while capacity < entries.count * 2 { capacity *= 2 }
        places = [Int](repeating: -1, count: capacity)
        longestName = entries.map(\.name.count).max() ?? 0
        for (index, entry) in entries.enumerated() {
            var place = Int(bitPattern: entry.hash) & (capacity - 1)
            while places[place] >= 0 { place = (place + 1) & (capacity - 1) }
            places[place] = index
        }
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
