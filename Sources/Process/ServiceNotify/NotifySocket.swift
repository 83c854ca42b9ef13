// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// Sends datagrams to a service manager. It never blocks.
struct NotifySocket: ~Copyable {
    private let descriptor: FileDescriptor
    private let address: SocketAddress

    /// A socket that sends there. Nothing is connected: a manager that starts anew gets what comes after.
    init(to address: SocketAddress) throws(SystemCallError) {
        descriptor = try .datagramSocket(for: address)
        self.address = address
    }

    /// Sends one message; false when the manager takes none now.
    func send(_ message: NotifyMessage) throws(SystemCallError) -> Bool {
        try message.datagram.withUnsafeBufferPointer { bytes throws(SystemCallError) in
            try descriptor.send(UnsafeRawBufferPointer(bytes), to: address) != .wouldBlock
        }
    }
}
