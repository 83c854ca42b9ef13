// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import SystemIO
import Testing

@testable import Supervision

@Suite("The life of a supervised command")
struct SupervisorStateTests {
    private let killed = ProcessEnd.killed(signal: 9, dumpedCore: false)

    @Test("Without a policy its end is ours, with its status or 128 and its signal")
    func transparent() {
        for (end, code) in [
            (ProcessEnd.exited(0), CInt(0)), (.exited(42), 42), (.exited(255), 255),
            (.killed(signal: 15, dumpedCore: false), 143),
            (.killed(signal: 6, dumpedCore: true), 134),
        ] {
            var life = Life()
            #expect(life.state.start() == [.spawn])
            #expect(
                life.receive(.spawned(100)) == [.announce(.started(process: 100, restarts: 0))])
            let last = words(end)
            #expect(
                life.receive(.ended(last)) == [.announce(.ended(last, .exit)), .exit(code)])
            #expect(life.state.deadline == nil)
        }
    }

    @Test("A command that cannot be started ends us with the status of a shell")
    func unstartable() {
        for (errno, isProgram, code) in [
            (Errno.noSuchFile, true, CInt(127)), (.permissionDenied, true, 126),
            (Errno(rawValue: EAGAIN), false, 125),
        ] {
            var life = Life(policy { $0.restart = .always })
            _ = life.state.start()
            let error = ChildStartError(
                failure: SystemCallError("exec", errno), isProgramAtFault: isProgram)
            #expect(
                life.receive(.spawnFailed(error)) == [.announce(.startFailed(error)), .exit(code)])
        }
    }

    @Test("SIGTERM is sent on once; the group is killed when its time is over")
    func stop() {
        var life = Life()
        life.run()
        #expect(
            life.receive(.signalled(SIGTERM)) == [
                .signal(SIGTERM, .process(100)),
                .announce(.stopping(byRequest: true, within: .seconds(8))),
            ])
        #expect(life.state.deadline == life.now + .seconds(8))
        #expect(life.wake() == [.signal(SIGKILL, .group(100)), .announce(.killed)])
        #expect(life.receive(.ended(words(killed))).last == .exit(137))
    }

    @Test("What cannot even be killed is given up")
    func abandoned() {
        var life = Life()
        life.run()
        _ = life.receive(.signalled(SIGTERM))
        _ = life.wake()
        #expect(life.wake() == [.announce(.abandoned), .exit(137)])
    }

    @Test("Another signal to stop with replaces SIGTERM, and begins a stop too")
    func stopSignal() {
        for signal in [SIGTERM, SIGQUIT] {
            var life = Life(policy { $0.stopSignal = SIGQUIT })
            life.run()
            #expect(life.receive(.signalled(signal)).first == .signal(SIGQUIT, .process(100)))
            #expect(life.state.deadline != nil)
        }
    }

    @Test("Every other signal goes to the command, or to its group, and nothing else follows")
    func forward() {
        for signal in (1...64).map({ CInt($0) }) where signal != SIGTERM {
            var life = Life()
            life.run()
            #expect(life.receive(.signalled(signal)) == [.signal(signal, .process(100))])
            #expect(life.state.deadline == nil)
            var group = Life(policy { $0.signalsGroup = true })
            group.run()
            #expect(group.receive(.signalled(signal)) == [.signal(signal, .group(100))])
        }
    }

    @Test("A signal that comes during the start is sent on after it")
    func early() {
        var life = Life()
        _ = life.state.start()
        #expect(life.receive(.signalled(SIGUSR1)) == [])
        #expect(life.receive(.signalled(SIGTERM)) == [])
        let actions = life.receive(.spawned(100))
        #expect(actions.contains(.signal(SIGUSR1, .process(100))))
        #expect(actions.contains(.signal(SIGTERM, .process(100))))
    }
}

@Suite("Restarts")
struct RestartTests {
    @Test("The policies differ in which ends they start again")
    func policies() {
        let ends: [ProcessEnd] = [.exited(0), .exited(1), .killed(signal: 11, dumpedCore: true)]
        for (restart, expected) in [
            (RestartPolicy.no, [false, false, false]), (.onFailure, [false, true, true]),
            (.onUnhealthy, [false, true, true]), (.always, [true, true, true]),
        ] {
            let restarted = ends.map { end in
                var life = Life(policy { $0.restart = restart })
                life.run()
                _ = life.receive(.ended(words(end)))
                return life.wake() == [.spawn]
            }
            #expect(restarted == expected)
        }
    }

    @Test("Waits double, up to the longest, and more by jitter")
    func backoff() {
        let backoff = RestartBackoff()
        let waits = [0, 1, 2, 5, 7, 1000].map { backoff.wait(after: $0, jitter: 0) }
        #expect(
            waits == [
                .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(3200),
                .seconds(10), .seconds(10),
            ])
        #expect(backoff.wait(after: 0, jitter: 1) == .milliseconds(125))
    }

    @Test("A used up budget makes its end ours; time earns it back")
    func budget() {
        var life = Life(policy { $0.restart = .onFailure })
        life.run()
        for process in CInt(101)...105 {
            _ = life.receive(.ended(words(.exited(3), of: process - 1)))
            life.restart(process)
        }
        var later = life
        let last = words(.exited(3), of: 105)
        #expect(
            life.receive(.ended(last)).suffix(2) == [
                .announce(.ended(last, .budgetUsedUp)), .exit(3),
            ])
        _ = later.receive(.ended(last), after: .seconds(600))
        #expect(later.state.deadline != nil)
        #expect(later.state.restarts == 5)
    }

    @Test("What is left of a budget is told, with the time at which one comes back")
    func allowance() throws {
        #expect(Life().state.allowance(at: Life().now) == nil)
        var life = Life(policy { $0.restart = .onFailure })
        #expect(life.state.allowance(at: life.now)?.left == 5)
        life.run()
        _ = life.receive(.ended(words(.exited(3), of: 100)))
        life.restart(101)
        let first = life.now
        _ = life.receive(.ended(words(.exited(3), of: 101)), after: .seconds(60))
        life.restart(102)
        let allowance = try #require(life.state.allowance(at: life.now))
        #expect(allowance.left == 3)
        #expect(allowance.nextReturn == first + .seconds(600))
        #expect(life.state.allowance(at: first + .seconds(600))?.left == 4)
        #expect(life.state.allowance(at: life.now + .seconds(600))?.left == 5)
    }

    @Test("After a time of health the waits are short again")
    func reset() throws {
        var life = Life(policy { $0.restart = .onFailure })
        life.run()
        for process in CInt(101)...103 {
            _ = life.receive(.ended(words(.exited(3), of: process - 1)))
            life.restart(process)
        }
        _ = life.receive(.healthChanged(isHealthy: true))
        _ = life.receive(.ended(words(.exited(3), of: 103)), after: .seconds(60))
        #expect(life.state.deadline == life.now + .milliseconds(100))
    }

    @Test("What a command left in its group is killed before the next start")
    func leftovers() {
        var life = Life(policy { $0.restart = .onFailure })
        life.run()
        #expect(life.receive(.ended(words(.exited(1)))).first == .signal(SIGKILL, .group(100)))
    }

    @Test("A group that was waited for is not signalled: its number may be that of another one")
    func reused() {
        var life = Life(
            policy {
                $0.restart = .always
                $0.waitsForAll = true
            })
        life.run()
        _ = life.receive(.suspended(signal: SIGSTOP))
        _ = life.receive(.ended(words(.exited(1))))
        #expect(life.receive(.emptied).allSatisfy { !$0.isSignal })
        life.restart(101)
        // What was stopped before its end needs no SIGCONT after it.
        _ = life.receive(.suspended(signal: SIGSTOP))
        _ = life.receive(.ended(words(.exited(1), of: 101)))
        #expect(
            life.receive(.signalled(SIGTERM)).filter(\.isSignal)
                == [.signal(SIGTERM, .remains(group: 101))])
    }

    @Test("After a request to end nothing is started again", arguments: [SIGTERM, SIGINT, SIGQUIT])
    func requested(signal: CInt) {
        var life = Life(policy { $0.restart = .always })
        life.run()
        _ = life.receive(.signalled(signal))
        #expect(life.receive(.ended(words(.exited(130)))).last == .exit(130))
    }

    @Test("A SIGQUIT that a command outlives is no request to end later on")
    func outlived() {
        var life = Life(policy { $0.restart = .always })
        life.run()
        _ = life.receive(.signalled(SIGQUIT))
        _ = life.receive(.ended(words(.exited(1))), after: .seconds(9))
        #expect(life.state.deadline != nil)
    }

    @Test("A request to end during a wait ends us with the last status")
    func waiting() {
        var life = Life(policy { $0.restart = .always })
        life.run()
        _ = life.receive(.ended(words(.exited(7))))
        #expect(life.receive(.signalled(SIGHUP)) == [])
        #expect(life.receive(.signalled(SIGTERM)) == [.exit(7)])
    }
}
