// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Inference
import Synchronization
import SystemIO

/// Looks from a thread of its own, which needs no loop, whether every loop takes its turns and the workers' pieces
/// of work get on. A hang is told to the reporter at once, and its end after a while.
///
/// The loop of the files serves nobody, and its disk may be slow: that it hangs is only told.
final class Watchdog: Sendable {
    private typealias Member = (name: String, loop: EventLoop, pulse: Pulse)

    private let members: [Member]
    private let files: Member
    private let state: RuntimeState
    private let stallAfter: Duration?
    private let isStopped = Atomic(false)

    /// Between two looks. With the misses that make a hang it is noticed within 3 s.
    static let interval = Duration.milliseconds(500)

    /// So many of them in which the files do not answer are told: 5 s.
    private static let patienceWithFiles = 10

    /// What a loop sets when it has taken its turn.
    private final class Pulse: Sendable {
        let isAnswered = Atomic(true)
    }

    /// - Parameters:
    ///   - loops: What must take its turns, each with a name for a person.
    ///   - stallAfter: How long a piece of work may take without a sign; nil for as long as it likes.
    init(
        _ loops: [(name: String, loop: EventLoop)], files: EventLoop, state: RuntimeState,
        stallAfter: Duration?
    ) {
        self.members = loops.map { ($0.name, $0.loop, Pulse()) }
        self.files = ("files", files, Pulse())
        self.state = state
        self.stallAfter = stallAfter
    }

    /// Starts the thread.
    func start() throws(SystemCallError) {
        try startThread(named: "watchdog") { [self] in run() }
    }

    /// Ends the thread after its present look.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func run() {
        var looks = WatchdogLooks(names: members.map(\.name))
        var beatOfFiles = Heartbeat(patience: Self.patienceWithFiles)
        while !isStopped.load(ordering: .relaxed) {
            let answers = members.map { $0.pulse.isAnswered.load(ordering: .relaxed) }
            tell(looks.take(answers, activity()))
            for (member, isAnswered) in zip(members, answers) where isAnswered { ask(member) }
            let isAnswered = files.pulse.isAnswered.load(ordering: .relaxed)
            if beatOfFiles.look(isAnswered: isAnswered) { tellOfFiles(beatOfFiles.isHung) }
            if isAnswered { ask(files) }
            (MonotonicTime.now() + Self.interval).sleep()
        }
    }

    /// One question at a time: a loop that hangs is not given a heap of them.
    private func ask(_ member: Member) {
        let pulse = member.pulse
        pulse.isAnswered.store(false, ordering: .relaxed)
        member.loop.post { pulse.isAnswered.store(true, ordering: .relaxed) }
    }

    private func activity() -> Progress.Activity {
        guard let stallAfter else { return .idle }
        return state.progress.activity(at: .now(), stallAfter: stallAfter)
    }

    private func tellOfFiles(_ areHung: Bool) {
        state.update { snapshot in
            snapshot.areFilesHung = areHung
            if areHung {
                let effect = "models are not looked at"
                snapshot.tell(.warning, "files do not answer", ["effect": "\(effect)"])
            } else {
                snapshot.tell(.notice, "files answer again")
            }
        }
    }

    /// The verdict first, the log after it: whoever reads the log may be what hangs.
    private func tell(_ turn: WatchdogLooks.Turn?) {
        guard let turn else { return }
        state.update { snapshot in
            snapshot.conditions.standstill = turn.standstill
            if let standstill = turn.standstill {
                snapshot.standstillCount += 1
                snapshot.tell(.critical, "no progress", ["reason": "\(standstill)"])
            } else {
                snapshot.tell(.notice, "progress again")
            }
        }
    }
}
