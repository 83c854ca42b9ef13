// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import SystemIO
import Testing

@testable import Supervision

@Suite("The health of a supervised command")
struct SupervisedHealthTests {
    private static let onUnhealthy = policy { $0.restart = .onUnhealthy }

    @Test("A command that has become unhealthy is stopped and started again")
    func restart() {
        var life = Life(Self.onUnhealthy)
        life.run()
        _ = life.receive(.healthChanged(isHealthy: true), after: .seconds(5))
        let stop = life.receive(.healthChanged(isHealthy: false), after: .seconds(5))
        #expect(stop.first == .signal(SIGTERM, .process(100)))
        #expect(stop.last == .announce(.stopping(byRequest: false, within: .seconds(8))))
        _ = life.receive(.ended(words(.exited(0))))
        #expect(life.wake() == [.spawn])
    }

    @Test("One that hangs is killed, and started again")
    func hung() {
        var life = Life(Self.onUnhealthy)
        life.run()
        _ = life.receive(.healthChanged(isHealthy: true))
        _ = life.receive(.healthChanged(isHealthy: false))
        #expect(life.wake()?.first == .signal(SIGKILL, .group(100)))
        _ = life.receive(.ended(words(.killed(signal: 9, dumpedCore: false))))
        #expect(life.wake() == [.spawn])
    }

    @Test("Until it has been healthy once it has the start period")
    func startPeriod() {
        var life = Life(Self.onUnhealthy)
        life.run()
        #expect(life.receive(.healthChanged(isHealthy: false), after: .seconds(1)) == [])
        #expect(life.state.deadline == life.now + .seconds(29))
        var healthy = life
        #expect(life.wake()?.first == .signal(SIGTERM, .process(100)))
        #expect(healthy.receive(.healthChanged(isHealthy: true)) == [])
        #expect(healthy.state.deadline == nil)
    }

    @Test("With restarts on failure only, or none, bad health changes nothing")
    func others() {
        for restart in [RestartPolicy.no, .onFailure] {
            var life = Life(policy { $0.restart = restart })
            life.run()
            _ = life.receive(.healthChanged(isHealthy: true))
            #expect(life.receive(.healthChanged(isHealthy: false)) == [])
            #expect(life.wake() == nil)
        }
    }

    @Test(
        "After a long time of health the next restart is quick, though bad health came before its end"
    )
    func quickAgain() throws {
        var life = Life(Self.onUnhealthy)
        life.run()
        for _ in 0..<4 {
            _ = life.receive(.ended(words(.exited(1))))
            #expect(life.wake() == [.spawn])
            _ = life.receive(.spawned(100))
        }
        _ = life.receive(.healthChanged(isHealthy: true))
        _ = life.receive(.healthChanged(isHealthy: false), after: .seconds(61))
        _ = life.receive(.ended(words(.exited(0))))
        let deadline = try #require(life.state.deadline)
        #expect(deadline - life.now <= .milliseconds(125))
    }

    @Test("One that is stopped just when it is told to end is continued, so that it hears it")
    func stoppedMeanwhile() {
        var life = Life(Self.onUnhealthy)
        life.run()
        _ = life.receive(.signalled(SIGTERM))
        #expect(life.receive(.suspended(signal: SIGSTOP)) == [.signal(SIGCONT, .group(100))])
    }

    @Test("To exit on bad health, never with 0")
    func exitOnUnhealthy() {
        for (status, code) in [(0, CInt(1)), (9, 9)] {
            var life = Life(policy { $0.exitsOnUnhealthy = true })
            life.run()
            _ = life.receive(.healthChanged(isHealthy: true))
            _ = life.receive(.healthChanged(isHealthy: false))
            #expect(life.receive(.ended(words(.exited(status)))).last == .exit(code))
        }
    }

    @Test("SIGTERM during a stop for its health ends us, is told, and is not sent a second time")
    func request() {
        var life = Life(Self.onUnhealthy)
        life.run()
        _ = life.receive(.healthChanged(isHealthy: true))
        _ = life.receive(.healthChanged(isHealthy: false))
        #expect(life.state.isStopped(by: SIGTERM))
        #expect(!life.state.isStopped(by: SIGINT))
        #expect(
            life.receive(.signalled(SIGTERM), after: .seconds(3))
                == [.announce(.stopping(byRequest: true, within: .seconds(5)))])
        #expect(!life.state.isStopped(by: SIGTERM))
        #expect(life.receive(.ended(words(.exited(0)))).last == .exit(0))
    }
}

@Suite("A supervised command at a terminal, and what is left of one")
struct TerminalAndGroupTests {
    @Test("At a shell's terminal we stop with it, and continue it with its terminal")
    func job() {
        var life = Life(terminal: .job)
        life.run()
        let stop = life.receive(.suspended(signal: SIGTSTP))
        #expect(stop == [.announce(.suspended(signal: SIGTSTP)), .suspendOurselves])
        #expect(
            life.receive(.signalled(SIGCONT)) == [
                .giveTerminal(100), .signal(SIGCONT, .group(100)),
            ])
        #expect(life.receive(.resumed) == [.announce(.resumed)])
    }

    @Test("As the first of a session we let it go on at once after Ctrl-Z")
    func leader() {
        var life = Life(terminal: .alone)
        life.run()
        #expect(
            life.receive(.suspended(signal: SIGTSTP)).last == .signal(SIGCONT, .group(100)))
        #expect(
            life.receive(.suspended(signal: SIGSTOP)) == [.announce(.suspended(signal: SIGSTOP))])
    }

    @Test("What a person has suspended is not ill; what hangs stopped is")
    func suspended() {
        for (signal, isIll) in [(SIGTSTP, false), (SIGSTOP, true)] {
            var life = Life(policy { $0.restart = .onUnhealthy })
            life.run()
            _ = life.receive(.healthChanged(isHealthy: true))
            _ = life.receive(.suspended(signal: signal))
            let actions = life.receive(.healthChanged(isHealthy: false), after: .seconds(60))
            #expect(actions.contains(.signal(SIGTERM, .process(100))) == isIll)
            // It is continued, so that it hears it.
            #expect(actions.contains(.signal(SIGCONT, .group(100))) == isIll)
            guard !isIll else { continue }
            _ = life.receive(.resumed)
            #expect(life.state.deadline == life.now + .seconds(30))
        }
    }

    @Test("With others of it left we wait for them, and they are told to end too")
    func others() {
        var life = Life(policy { $0.waitsForAll = true })
        life.run()
        let last = words(.exited(4))
        #expect(
            life.receive(.ended(last)) == [
                .announce(.ended(last, .others)), .awaitOthers(group: 100),
            ])
        #expect(life.state.process == nil)
        #expect(life.receive(.signalled(SIGTERM)).first == .signal(SIGTERM, .remains(group: 100)))
        #expect(life.wake()?.first == .signal(SIGKILL, .remains(group: 100)))
        #expect(life.receive(.emptied) == [.announce(.emptied(.exit)), .exit(4)])
    }

    @Test("After a stop the rest of its group is told to end, and is killed where we wait for it")
    func rest() {
        var life = Life()
        life.run()
        _ = life.receive(.signalled(SIGTERM))
        let end = words(.exited(0))
        #expect(
            life.receive(.ended(end)) == [
                .signal(SIGTERM, .group(100)), .announce(.ended(end, .exit)), .exit(0),
            ])
        var all = Life(policy { $0.waitsForAll = true })
        all.run()
        _ = all.receive(.signalled(SIGTERM))
        #expect(
            all.receive(.ended(end)).suffix(2) == [
                .signal(SIGTERM, .remains(group: 100)), .awaitOthers(group: 100),
            ])
    }

    @Test("A kill for want of memory is told by the counter of the control group")
    func memory() {
        let killed = ProcessEnd.killed(signal: 9, dumpedCore: false)
        #expect(words(killed, kills: 1).isOutOfMemory)
        #expect(!words(killed, kills: 0).isOutOfMemory)
        #expect(!words(killed, kills: nil).isOutOfMemory)
        #expect(!words(.exited(1), kills: 1).isOutOfMemory)
    }
}
