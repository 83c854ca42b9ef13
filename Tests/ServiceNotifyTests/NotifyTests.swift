// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import ServiceNotify

@Suite("What a service manager is told")
struct NotifyTests {
    private func settings(_ environment: [String: String]) throws -> NotifySettings? {
        try NotifySettings(environment, pid: 7)
    }

    @Test("Without a manager there is nothing to notify")
    func none() throws {
        #expect(try settings([:]) == nil)
        #expect(try settings(["NOTIFY_SOCKET": "", "WATCHDOG_USEC": "1000000"]) == nil)
    }

    @Test("The socket is a path or an abstract name")
    func addresses() throws {
        #expect(
            try settings(["NOTIFY_SOCKET": "/run/systemd/notify"])?.address.text
                == "unix:/run/systemd/notify")
        #expect(try settings(["NOTIFY_SOCKET": "@a/b"])?.address.text == "unix:@a/b")
        for place in ["vsock:2:1234", "run/notify", "/" + String(repeating: "x", count: 200)] {
            #expect(throws: NotifySettingsError.self) { try settings(["NOTIFY_SOCKET": place]) }
        }
    }

    @Test("The watchdog is ours when its process is, or when there is none")
    func watchdog() throws {
        func timeout(_ microseconds: String, _ pid: String? = nil) throws -> Duration? {
            var environment = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": microseconds]
            environment["WATCHDOG_PID"] = pid
            return try settings(environment)?.watchdogTimeout
        }
        #expect(try timeout("3000000") == .seconds(3))
        #expect(try timeout("3000000", "7") == .seconds(3))
        #expect(try timeout("3000000", "8") == nil)
        #expect(try timeout("3000000", "x") == nil)
        #expect(try timeout("") == nil)
        for text in ["0", "-1", "1s", "99999999999999999999"] {
            #expect(throws: NotifySettingsError.self) { try timeout(text) }
        }
    }

    @Test("Each message is lines of assignments, whatever its text has")
    func messages() {
        #expect(NotifyMessage.ready(status: "Serving").text == "READY=1\nSTATUS=Serving")
        #expect(NotifyMessage.watchdog.text == "WATCHDOG=1")
        #expect(
            NotifyMessage.reloading(at: MonotonicTime(nanoseconds: 1_234_567)).text
                == "RELOADING=1\nMONOTONIC_USEC=1234\nSTATUS=Reloading")
        #expect(
            NotifyMessage.stopping(status: "Not serving: draining", within: .seconds(10)).text
                == "STOPPING=1\nEXTEND_TIMEOUT_USEC=10000000\nSTATUS=Not serving: draining")
        #expect(NotifyMessage.status("a\nREADY=1").text == #"STATUS=a\nREADY=1"#)
        #expect(NotifyMessage.status(String(repeating: "x", count: 9_000)).text.utf8.count < 500)
    }

    @Test("Of what waits, steps keep their order, and only the newest status is kept")
    func queue() {
        var queue = NotifyQueue()
        #expect(queue.first == nil)
        let reloading = NotifyMessage.reloading(at: MonotonicTime(nanoseconds: 0))
        for message in [
            .status("a"), .status("b"), .watchdog, reloading, .watchdog, .status("c"),
            .ready(status: "d"), .status("e"),
        ] { queue.append(message) }
        #expect(queue.messages == [.watchdog, reloading, .ready(status: "d"), .status("e")])
        queue.removeFirst()
        #expect(queue.first == reloading)
        for _ in 0..<100 { queue.append(reloading) }
        #expect(queue.messages.count == NotifyQueue.limit)
    }

    @Test("What another program says waits by the same rules")
    func forwarded() {
        var queue = NotifyQueue()
        func says(_ text: String) -> NotifyMessage { .forwarded(Array(text.utf8)) }
        for text in [
            "STATUS=a", "READY=1\nSTATUS=b", "WATCHDOG=1", "STATUS=c", "WATCHDOG=1", "STATUS=d",
            "STOPPING=1",
        ] { queue.append(says(text)) }
        #expect(
            queue.messages
                == ["READY=1\nSTATUS=b", "WATCHDOG=1", "STATUS=d", "STOPPING=1"].map(says))
        #expect(says("\u{ff}").datagram == Array("\u{ff}".utf8))
    }
}
