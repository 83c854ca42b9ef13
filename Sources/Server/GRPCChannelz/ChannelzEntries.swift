// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCTransport
import Synchronization
package import SystemIO

/// The servers and channels of a process. From any thread.
package final class ChannelzEntries: Sendable {
    /// A server, and what it is for.
    struct ListedServer: Sendable {
        let name: String
        let server: GRPCServer
    }

    /// Many calls to one place.
    package struct Channel: Sendable {
        /// Whether calls get there.
        package enum State: UInt64, Sendable {
            case unknown = 0
            case ready = 3
            case transientFailure = 4
        }

        /// Where they go.
        package var target: String
        package var state = State.unknown
        package var callsStarted = 0
        package var callsSucceeded = 0
        package var callsFailed = 0
        /// When the latest call began; nil when there was none.
        package var latestCall: MonotonicTime?

        /// A channel without calls.
        package init(to target: String) { self.target = target }
    }

    private let entries = Mutex<([ListedServer], [@Sendable () -> Channel])>(([], []))

    /// None.
    package init() {}

    /// Adds a server, which has the next number; no more than seven have one.
    package func add(_ server: GRPCServer, name: String) {
        entries.withLock { entries in
            guard entries.0.count < ChannelzID.maxServers else { return }
            entries.0.append(ListedServer(name: name, server: server))
        }
    }

    /// Adds a channel; `describe` is called by each request for it, from any thread.
    package func addChannel(_ describe: @escaping @Sendable () -> Channel) {
        entries.withLock { $0.1.append(describe) }
    }

    var servers: [ListedServer] { entries.withLock { $0.0 } }
    var channels: [Channel] { entries.withLock { $0.1 }.map { $0() } }
}
