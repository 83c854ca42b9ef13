// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// Sends datagrams to a service manager. It never blocks.
package struct NotifySocket: ~Copyable {
    private let descriptor: FileDescriptor
    private let address: SocketAddress

    /// A socket that sends there. Nothing is connected: a manager that starts anew gets what comes after.
    package init(to address: SocketAddress) throws(SystemCallError) {
        descriptor = try .datagramSocket(for: address)
        self.address = address
    }

    /// Sends one message; false when the manager takes none now.
    package func send(_ message: NotifyMessage) throws(SystemCallError) -> Bool {
        try send(Array(message.text.utf8))
    }

    /// Sends a datagram of another program as it is; false when the manager takes none now.
    package func send(_ datagram: [UInt8]) throws(SystemCallError) -> Bool {
        try datagram.withUnsafeBufferPointer { bytes throws(SystemCallError) in
            try descriptor.send(UnsafeRawBufferPointer(bytes), to: address) != .wouldBlock
        }
    }
}
