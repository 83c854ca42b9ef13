// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import NetworkChecks
import Text

/// A list or a stream of Redis, by the query of its URL: `?key=KEY`, and `&group=GROUP` for what a group has yet to do.
struct RedisQueue: Sendable {
    let key: String
    /// Nil for a list, or for all of a stream.
    var group: String?
    /// A key that is not there is unhealthy; otherwise it is an empty queue.
    var mustExist = false

    /// A list or a stream.
    init(_ key: String, group: String? = nil, mustExist: Bool = false) {
        self.key = key
        self.group = group
        self.mustExist = mustExist
    }

    /// Reads the query, and takes `must-exist`.
    init(_ url: TargetURL, _ options: inout CheckOptions) throws(CheckOptionError) {
        for name in url.names where name != "key" && name != "group" {
            throw CheckOptionError(
                "target", "has \(PrintableText.quoted(name)) in its query: use key and group")
        }
        guard let key = url.value("key"), !key.isEmpty else {
            throw CheckOptionError("target", "has no key: use redis://HOST/0?key=KEY")
        }
        self.key = key
        group = url.value("group")
        mustExist = try options.takeFlag("must-exist")
    }

    /// The URL without a password.
    func text(at url: TargetURL) -> String {
        let place = url.masked.prefix { $0 != "?" }
        return PrintableText.escaped(
            "\(place)?key=\(key)\(group.map { "&group=\($0)" } ?? "")", limit: 300)
    }
}
