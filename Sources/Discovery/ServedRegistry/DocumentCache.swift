// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import SystemIO

/// Documents that were made lately, for who asks for the same. Pure.
struct DocumentCache {
    enum Key: Hashable {
        case names
        case list(String, InstanceSelection)
        case event(String, InstanceSelection)
    }

    /// A document, and a number that tells what its instances say from something else.
    struct Document: Sendable {
        let body: [UInt8]
        let content: Int
    }

    private struct Entry {
        let revision: UInt64
        let made: MonotonicTime
        let document: Document
    }

    /// Clients choose the selections: they must not fill the memory.
    static let maxEntries = 64
    static let maxBytes = 32 << 20
    /// The times in a document are this old at most.
    private static let validity = Duration.seconds(1)

    private var entries: [Key: Entry] = [:]
    private var bytes = 0
    /// Documents that were made.
    private(set) var made = 0

    /// The document of a revision, which `make` makes unless there is one that is not too old.
    mutating func document(
        _ key: Key, _ revision: UInt64, at now: MonotonicTime, _ make: () -> Document
    ) -> Document {
        if let entry = entries[key], entry.revision == revision,
            now < entry.made || now - entry.made < Self.validity
        {
            return entry.document
        }
        let document = make()
        made += 1
        let count = document.body.count
        bytes -= entries.removeValue(forKey: key)?.document.body.count ?? 0
        if entries.count >= Self.maxEntries || bytes + count > Self.maxBytes {
            (entries, bytes) = ([:], 0)
        }
        if count <= Self.maxBytes {
            entries[key] = Entry(revision: revision, made: now, document: document)
            bytes += count
        }
        return document
    }
}
