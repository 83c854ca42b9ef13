// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The variables that a child gets: ours, with changes.
///
/// `LISTEN_PID` says for which process inherited sockets are (sd_listen_fds(3)). If that is us, the child gets its own
/// number in it.
struct ChildEnvironment: ~Copyable {
    /// `NAME=VALUE` each, with nil at the end.
    let entries: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    /// Where the child writes its number.
    private(set) var processText: UnsafeMutablePointer<CChar>?
    private let owned: [UnsafeMutablePointer<CChar>]

    private static let listenName = "LISTEN_PID="
    /// For a number and its end.
    private static let room = "00000000000"

    /// Ours without the names in `changes`, and those of them that have a value.
    init(_ changes: [String: String?]) {
        var names = changes.keys.map { $0 + "=" }
        if let own = clinux_own_variable() { names.append(String(cString: own)) }
        var all: [UnsafeMutablePointer<CChar>?] = []
        var owned: [UnsafeMutablePointer<CChar>] = []
        let forUs = Self.listenName + String(getpid())
        var index: CInt = 0
        while let entry = clinux_environment(index) {
            index += 1
            if names.contains(where: { strncmp(entry, $0, $0.utf8.count) == 0 }) { continue }
            if strcmp(entry, forUs) == 0, let place = strdup(Self.listenName + Self.room) {
                processText = place + Self.listenName.utf8.count
                owned.append(place)
                all.append(place)
            } else {
                all.append(UnsafeMutablePointer(mutating: entry))
            }
        }
        for (name, value) in changes {
            guard let value, let entry = strdup(name + "=" + value) else { continue }
            owned.append(entry)
            all.append(entry)
        }
        self.owned = owned
        entries = .allocate(capacity: all.count + 1)
        entries.initialize(from: all + [nil], count: all.count + 1)
    }

    deinit {
        for entry in owned { free(entry) }
        entries.deallocate()
    }
}
