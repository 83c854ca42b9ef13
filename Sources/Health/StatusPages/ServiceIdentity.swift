// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO
import Text

/// What the pages say about the service itself.
package struct ServiceIdentity: Sendable {
    /// The name under which it is discovered.
    package var service: String
    /// Its version.
    package var version: String
    /// Names this process among those of the service; another one after a restart.
    package var instance: String
    /// When the process started.
    package var start: MonotonicTime
    /// Whether clients of the pages use TLS.
    package var usesTLS: Bool

    /// A service.
    package init(
        service: String, version: String, instance: String? = nil, start: MonotonicTime,
        usesTLS: Bool = false
    ) {
        self.service = service
        self.version = version
        self.instance = instance ?? "\(service)-\(Self.process)"
        self.start = start
        self.usesTLS = usesTLS
    }

    /// Names this process: eight digits that another one does not have.
    private static let process = String(hex: .random(in: 0...UInt32.max), digits: 8)
}
