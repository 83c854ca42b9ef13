// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import Testing

@testable import Inference

@Suite("Progress")
struct ProgressTests {
    private let progress = Progress()
    private let start = MonotonicTime(nanoseconds: 1_000_000_000_000)

    private func activity(after time: Duration) -> Progress.Activity {
        progress.activity(at: start + time, stallAfter: .seconds(30))
    }

    @Test("Without a job it is idle, for however long")
    func idle() {
        #expect(activity(after: .seconds(1_000_000)) == .idle)
    }

    @Test("Jobs that make progress are busy, however many and however long")
    func busy() {
        let tokens = (0..<1000).map { _ in progress.begin(at: start) }
        for second in stride(from: 10, through: 1000, by: 10) {
            for token in tokens { token.progressed(at: start + .seconds(second)) }
            #expect(activity(after: .seconds(second + 30)) == .busy(1000))
        }
    }

    @Test("One job without progress for too long is a stall, and its next progress ends it")
    func stalled() {
        let stuck = progress.begin(at: start)
        let other = progress.begin(at: start + .seconds(20))
        #expect(activity(after: .seconds(30)) == .busy(2))
        #expect(activity(after: .seconds(31)) == .stalled(1, longest: .seconds(31)))
        #expect(activity(after: .seconds(60)) == .stalled(2, longest: .seconds(60)))
        other.end()
        stuck.progressed(at: start + .seconds(60))
        #expect(activity(after: .seconds(61)) == .busy(1))
    }

    @Test("A job that may be silent for longer gets that time, another does not")
    func patience() {
        let patient = progress.begin(silence: .seconds(100), at: start)
        #expect(activity(after: .seconds(100)) == .busy(1))
        #expect(activity(after: .seconds(101)) == .stalled(1, longest: .seconds(101)))
        patient.end()
        let hasty = progress.begin(silence: .seconds(1), at: start)
        #expect(activity(after: .seconds(30)) == .busy(1))
        hasty.end()
    }

    @Test("A job that is over does not count, whether it was ended once, twice, or dropped")
    func ended() {
        var token: Progress.Token? = progress.begin(at: start)
        token?.end()
        let next = progress.begin(at: start)
        // The place is another's now.
        token?.progressed(at: start + .seconds(100))
        token?.end()
        #expect(activity(after: .seconds(31)) == .stalled(1, longest: .seconds(31)))
        next.end()
        #expect(activity(after: .seconds(31)) == .idle)
        token = progress.begin(at: start)
        #expect(activity(after: .zero) == .busy(1))
        token = nil
        #expect(activity(after: .zero) == .idle)
    }

    @Test("Many threads at once lose nothing")
    func threads() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2000 {
                        let token = progress.begin(at: start)
                        token.progressed(at: start + .seconds(1))
                        token.end()
                    }
                }
            }
        }
        #expect(activity(after: .seconds(1000)) == .idle)
    }
}
