// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import HTTPRouting
package import InstanceRegistry
import LocalRegistry
import StatusPages

/// The registry that this process serves: its pages, and a store for itself. Belongs to the loop.
package final class RegistryServer {
    package let desk: RegistryDesk
    private let token: String?
    /// The share of one address where no setting says it: as of the connections of a server.
    package static let maxPeerShare = 90

    /// A registry without instances, to which who has `token` may write at an address of everybody. One address may have so many
    /// per cent of the places that are free for it.
    package init(on loop: EventLoop, token: String?, maxPeerShare: Int) {
        var limits = InstanceTable.Limits()
        limits.bytes = Self.bytes
        desk = RegistryDesk(on: loop, limits, maxPeerShare: maxPeerShare)
        self.token = token
    }

    /// Of what all instances say: this process has other work that needs memory.
    private static let bytes = 64 << 20

    /// The pages where everybody reaches them.
    package var publicPages: [any HTTPService] {
        [RegistryService(desk, writers: token.map { .token($0) } ?? .closed)]
    }

    /// The pages at an address of operators. That is safe, but a browser there can be made to send requests.
    package var adminPages: [any HTTPService] {
        [GuardedPages([RegistryService(desk, writers: .everybody)], against: .otherSites)]
    }

    /// A store in which this process registers itself, without a connection.
    package func makeOwnStore(timeToLive: Duration) -> any RegistryStore {
        MemoryStore(of: desk.directory, timeToLive: timeToLive)
    }
}
