// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Logging
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import ServiceNotify

@Suite("The notifier of a service manager")
struct ServiceNotifierTests {
    /// A manager's socket, and a notifier on a loop.
    private final class Fixture: Sendable {
        let folder: TemporaryFolder
        let group: EventLoopGroup
        let notifier: LoopBound<ServiceNotifier>

        init(_ variables: [String: String] = [:]) throws {
            folder = try TemporaryFolder()
            group = try EventLoopGroup(count: 1)
            let all = ["NOTIFY_SOCKET": folder.path + "/notify"].merging(variables) { $1 }
            let settings = try #require(try NotifySettings(all, pid: 1))
            notifier = LoopBound(
                try ServiceNotifier(
                    settings, on: group.loops[0],
                    logger: Logger(label: "test") { _ in
                        SwiftLogNoOpLogHandler()
                    }),
                on: group.loops[0])
        }

        deinit { group.stop() }

        /// A manager that listens from now on.
        func listen() throws -> FileDescriptor {
            let address = try #require(SocketAddress(unixPath: folder.path + "/notify"))
            let raw = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            let descriptor = FileDescriptor(owning: raw)
            try #require(address.withSocketAddress { bind(raw, $0, $1) } == 0)
            return descriptor
        }

        func send(_ messages: NotifyMessage...) {
            let (notifier, done) = (notifier, Mailbox<Bool>())
            notifier.loop.post {
                for message in messages { notifier.value.send(message) }
                done.put(true)
            }
            #expect(done.next() == true)
        }
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// One datagram.
    private func receive(_ manager: borrowing FileDescriptor) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        guard
            case .bytes(let count) = try bytes.withUnsafeMutableBytes({ try manager.read(into: $0) }
            )
        else { return "" }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test("A manager that is not there yet gets what it has missed when it is")
    func late() throws {
        let fixture = try Fixture()
        fixture.send(.ready(status: "a"), .status("b"), .status("c"))
        let manager = try fixture.listen()
        #expect(try receive(manager) == "READY=1\nSTATUS=a")
        #expect(try receive(manager) == "STATUS=c")
    }

    @Test("What another program said while there was no manager is passed on when there is one")
    func forwarded() throws {
        let fixture = try Fixture()
        fixture.send(.forwarded(Array("READY=1".utf8)), .forwarded(Array("STOPPING=1".utf8)))
        let manager = try fixture.listen()
        #expect(try receive(manager) == "READY=1")
        #expect(try receive(manager) == "STOPPING=1")
    }

    @Test("The watchdog is fed while the service is alive, and again when it is again")
    func watchdog() throws {
        let fixture = try Fixture(["WATCHDOG_USEC": "20000"])
        let manager = try fixture.listen()
        let looks = Mailbox<Int>()
        let isAliveAgain = Flag()
        let notifier = fixture.notifier
        notifier.loop.post {
            var count = 0
            notifier.value.feedWatchdog {
                count += 1
                looks.put(count)
                return count < 3 || isAliveAgain.value.load(ordering: .relaxed)
            }
        }
        for look in 1...2 {
            #expect(looks.next() == look)
            #expect(try receive(manager) == "WATCHDOG=1")
        }
        for look in 3...5 { #expect(looks.next() == look) }
        fixture.send(.status("x"))
        #expect(try receive(manager) == "STATUS=x")
        isAliveAgain.value.store(true, ordering: .relaxed)
        #expect(try receive(manager) == "WATCHDOG=1")
    }
}
