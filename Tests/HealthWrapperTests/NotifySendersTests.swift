// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import Supervision
import SystemIO
import Testing

@testable import HealthWrapper

@Suite("Who is heard for the command")
struct NotifySendersTests {
    private func senders(_ unmapped: uid_t? = nil) -> NotifySenders {
        var senders = NotifySenders(ownUser: 100, unmappedUser: unmapped)
        senders.take(.started(process: 7, restarts: 0))
        return senders
    }

    @Test("Root, our user and the command's user are heard, and no others")
    func users() {
        let senders = senders()
        for user: uid_t in [0, 100, 65534] {
            #expect(senders.hears(user, 9) { $0 == 7 ? 65534 : nil })
        }
        #expect(!senders.hears(1001, 9) { _ in 1000 })
    }

    @Test(
        "The number of users without one says nothing: only the command's own process is heard with it"
    )
    func unmapped() {
        let senders = senders(65534)
        #expect(senders.hears(65534, 7) { _ in 65534 })
        #expect(!senders.hears(65534, 9) { _ in 65534 })
        var ours = NotifySenders(ownUser: 65534, unmappedUser: 65534)
        #expect(!ours.hears(65534, 9) { _ in nil })
        ours.take(.started(process: 9, restarts: 0))
        #expect(ours.hears(65534, 9) { _ in nil })
    }

    @Test("A process with the number of a command that has ended is not heard for it")
    func reuse() {
        var senders = senders()
        let words = LastWords(
            process: 7, end: .exited(0), usage: ProcessUsage(), lifetime: .zero,
            memoryKills: nil)
        senders.take(.ended(words, .restart(after: .zero)))
        #expect(!senders.hears(1000, 7) { _ in 1000 })
        senders.take(.started(process: 8, restarts: 1))
        #expect(senders.hears(1000, 8) { _ in 1000 })
    }

    @Test("The user of a process is read from /proc")
    func read() {
        #expect(ProcessUsers.of(getpid()) == geteuid())
        #expect(ProcessUsers.of(-1) == nil)
    }
}
