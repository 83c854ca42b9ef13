// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Supervision
import SystemIO

/// The socket at which the command says how it is (`sd_notify(3)`): its name is in the command's environment. It is outside
/// the file system, so that a read-only one does. Bound before there is a loop; belongs to the loop after that.
///
/// ``NotifySenders`` says who is heard.
final class NotifyListener: EventHandler {
    /// For the variable NOTIFY_SOCKET.
    let name: String
    private let descriptor: FileDescriptor
    private var registration: EventLoop.Registration?
    private var onDatagram: (ArraySlice<UInt8>) -> Void = { _ in }
    private var senders = NotifySenders()

    /// Datagrams that are read in one tick at most: a command that floods is slowed down.
    private static let batch = 64

    /// Binds a socket of a name that cannot be guessed.
    init() throws(SystemCallError) {
        let number = UInt64.random(in: .min ... .max)
        name = "@vitals-notify-" + String(number, radix: 16)
        guard let address = SocketAddress(unixPath: name) else {
            throw SystemCallError("bind", .addressNotAvailable)
        }
        descriptor = try .datagramSocket(for: address)
        let raw = descriptor.rawValue
        _ = try systemCall("bind") {
            address.withSocketAddress { place, length in Int(bind(raw, place, length)) }
        }
        _ = try systemCall("setsockopt") { Int(clinux_pass_credentials(raw)) }
    }

    /// Tells of each datagram from now on, on the loop.
    func start(
        on loop: EventLoop, _ onDatagram: @escaping (ArraySlice<UInt8>) -> Void
    ) throws(SystemCallError) {
        self.onDatagram = onDatagram
        registration = try loop.register(descriptor.rawValue, .readable, self)
    }

    /// Takes news of the supervisor.
    func take(_ news: SupervisionNews) { senders.take(news) }

    func ready(_ readiness: Readiness) {
        var buffer = [UInt8](repeating: 0, count: ChildNotification.limit)
        for _ in 0..<Self.batch {
            var (user, process) = (uid_t(0), pid_t(0))
            let count = buffer.withUnsafeMutableBytes { bytes in
                // Descriptors that come with it are closed by the kernel: systemd-notify waits for that.
                clinux_receive_with_sender(
                    descriptor.rawValue, bytes.baseAddress, bytes.count, &user, &process)
            }
            guard count >= 0 else { return }
            if senders.hears(user, process, ProcessUsers.of) { onDatagram(buffer[..<count]) }
        }
    }
}
