// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HostMemory
import Logging
import Models
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

@Suite("The verdict in the log")
struct VerdictLogTests {
    private let log = RecordedLog()
    private let start = MonotonicTime.now()
    private let board = Board(
        rules: RuntimeHealth.oneModel.rules, outcomes: RuntimeHealth.oneModel.firstOutcomes)

    @Test("Another reason for NOT_SERVING is told, once a second at most, and the latest always")
    func otherReason() {
        let verdictLog = VerdictLog(log.logger)
        board.report(.modelFailed("refused"), for: .model("m0"))
        verdictLog.begin(board.snapshot, at: start)
        func fail(_ reason: String, after delay: Duration) {
            board.report(.modelFailed(reason), for: .model("m0"))
            verdictLog.take(board.snapshot, at: start + delay)
        }
        fail("refused", after: .seconds(5))
        #expect(log.reasons == ["no model: refused"])
        fail("503", after: .seconds(6))
        fail("401", after: .milliseconds(6_500))
        fail("404", after: .milliseconds(6_900))
        #expect(log.reasons == ["no model: refused", "no model: 503"])
        // What the runtime does every second.
        verdictLog.take(board.snapshot, at: start + .seconds(7))
        verdictLog.take(board.snapshot, at: start + .seconds(8))
        #expect(log.reasons == ["no model: refused", "no model: 503", "no model: 404"])
        #expect(log.messages == ["not serving", "still not serving", "still not serving"])
    }

    @Test("Other numbers of the same reason are not told")
    func otherFigures() {
        let verdictLog = VerdictLog(log.logger)
        board.report(.healthy, for: .model("m0"))
        for second: UInt64 in 0..<5 {
            let low = Outcome(.low(available: (20 - second) << 20, required: 100 << 20))
            board.report(low, for: .memory)
            verdictLog.begin(board.snapshot, at: start + .seconds(Int64(second)))
        }
        #expect(log.reasons == ["low memory: 20 MiB available, 100 MiB required"])
    }

    @Test("Nothing is told before the start is over, nor during a drain, nor of older snapshots")
    func silence() {
        let verdictLog = VerdictLog(log.logger)
        verdictLog.take(board.snapshot, at: start)
        #expect(log.messages == [])
        let older = board.snapshot
        board.report(.healthy, for: .model("m0"))
        verdictLog.begin(board.snapshot, at: start)
        verdictLog.take(older, at: start + .seconds(5))
        board.report(.draining, for: .draining)
        verdictLog.take(board.snapshot, at: start + .seconds(9))
        #expect(log.messages == ["serving"])
    }

    @Test("A drain that is taken back is followed by what the verdict then is")
    func resumed() {
        let verdictLog = VerdictLog(log.logger)
        board.report(.healthy, for: .model("m0"))
        verdictLog.begin(board.snapshot, at: start)
        board.report(.draining, for: .draining)
        verdictLog.take(board.snapshot, at: start)
        board.report(.inMaintenance, for: .maintenance)
        verdictLog.take(board.snapshot, at: start)
        #expect(log.messages == ["serving"])
        board.report(.healthy, for: .draining)
        verdictLog.take(board.snapshot, at: start)
        #expect(log.messages == ["serving", "not serving"] && log.reasons == ["in maintenance"])
    }

    @Test("The log has the changes in their order, from whichever thread they came")
    func order() async {
        let state = RuntimeState(logger: log.logger)
        let board = state.board
        board.report(.healthy, for: .model("m0"))
        state.handle([.firstLoadEnded])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for round in 0..<500 {
                        board.report(
                            round % 2 == 0 ? .inMaintenance : .healthy, for: .maintenance)
                    }
                }
            }
        }
        let messages = log.messages
        #expect(zip(messages, messages.dropFirst()).allSatisfy { $0 != $1 })
        #expect(messages.first == "serving" && messages.count > 2)
        let isReady = board.snapshot.verdict(of: "")?.isServing == true
        #expect((messages.last == "serving") == isReady)
    }
}
