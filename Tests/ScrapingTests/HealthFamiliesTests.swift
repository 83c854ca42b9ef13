// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import HealthProtocol
import StatusBoard
import SystemIO
import Testing

@testable import Scraping

@Suite("Health as metrics")
struct HealthFamiliesTests {
    private let changes = HealthChanges()

    private func makeBoard() -> Board {
        Board(
            rules: [("", .all([.outcome("memory")])), ("liveness", .outcome("progress"))],
            outcomes: ["memory": .healthy, "progress": .healthy],
            publisher: { [changes] in changes.take($0) })
    }

    private func page(_ board: Board, at now: MonotonicTime = .now()) -> String {
        let families = HealthFamilies.read(
            board.snapshot, changes, durations: board.durations, at: now)
        return String(decoding: ExpositionWriter.page(families, .openMetrics), as: UTF8.self)
    }

    @Test("A name has a plain gauge and a state set that agree")
    func statuses() {
        let board = makeBoard()
        let before = page(board)
        #expect(before.contains("service_up 1\n"))
        #expect(before.contains("vitals_health_serving{name=\"\"} 1\n"))
        let label = "vitals_health_status{name=\"\",vitals_health_status="
        #expect(before.contains(label + "\"SERVING\"} 1\n" + label + "\"NOT_SERVING\"} 0\n"))
        board.report(Outcome(.unhealthy, .lowMemory, reason: "secret"), for: "memory")
        let after = page(board)
        #expect(after.contains("service_up 0\n"))
        #expect(after.contains(label + "\"SERVING\"} 0\n" + label + "\"NOT_SERVING\"} 1\n"))
        #expect(after.contains("vitals_health_serving{name=\"liveness\"} 1\n"))
        // Reasons are for operators.
        #expect(!after.contains("secret"))
    }

    @Test("Changes between serving and not are counted; another cause is none")
    func transitions() {
        let board = makeBoard()
        let line = "vitals_health_transitions_total{name=\"\"} "
        #expect(page(board).contains(line + "0\n"))
        board.report(Outcome(.unhealthy, .lowMemory, reason: "a"), for: "memory")
        board.report(Outcome(.unhealthy, .lowMemory, reason: "b"), for: "memory")
        board.report(Outcome(.degraded, .lowMemory, reason: "c"), for: "memory")
        let text = page(board)
        #expect(text.contains(line + "2\n"))
        #expect(text.contains("vitals_health_transitions_total{name=\"liveness\"} 0\n"))
        let latest = changes.changes(of: "")?.latest ?? 0
        #expect(abs(Timestamp.now().fractionalSeconds - latest) < 60)
    }

    @Test("A name that was taken away leaves nothing behind")
    func removed() {
        let board = makeBoard()
        board.define("liveness", nil)
        #expect(changes.changes(of: "liveness") == nil)
        #expect(!page(board).contains("liveness"))
    }

    @Test("A check has its state, and how long ago it reported")
    func checks() {
        let board = makeBoard()
        let now = MonotonicTime.now()
        board.report(.healthy, for: "memory", at: now)
        let text = page(board, at: now + .seconds(3))
        let label = "vitals_check_state{check=\"memory\",vitals_check_state="
        #expect(text.contains(label + "\"healthy\"} 1\n" + label + "\"degraded\"} 0\n"))
        #expect(text.contains("vitals_check_age_seconds{check=\"memory\"} 3.0\n"))
    }

    @Test("Each measurement of a check is counted once by how long it took, until the check goes")
    func durations() {
        let board = makeBoard()
        for (number, milliseconds) in [(1, 3), (2, 30), (2, 30)] {
            board.report(
                .healthy, for: "db", duration: .milliseconds(milliseconds), number: number)
        }
        // An event took no time.
        board.report(.healthy, for: "drill")
        let text = page(board)
        let name = "vitals_check_duration_seconds"
        #expect(text.contains("# TYPE \(name) histogram\n"))
        #expect(text.contains(name + "_bucket{check=\"db\",le=\"0.005\"} 1\n"))
        #expect(text.contains(name + "_bucket{check=\"db\",le=\"+Inf\"} 2\n"))
        #expect(text.contains(name + "_sum{check=\"db\"} 0.033\n"))
        #expect(!text.contains(name + "_count{check=\"drill\"}"))
        board.report(["db": nil])
        #expect(!page(board).contains("check=\"db\""))
        #expect(board.durations.isEmpty)
    }

    @Test("When a check changed last is the same to the last digit until it changes again")
    func changeTime() {
        let board = makeBoard()
        let line = { (text: String) in
            text.split(separator: "\n").first {
                $0.hasPrefix("vitals_check_last_change_timestamp_seconds{check=\"memory\"}")
            }
        }
        board.report(Outcome(.unhealthy, .lowMemory, reason: "a"), for: "memory")
        let first = line(page(board))
        #expect(first != nil)
        for number in 0..<200 {
            let now = MonotonicTime.now() + .microseconds(number * 317)
            board.report(Outcome(.unhealthy, .lowMemory, reason: "\(number)"), for: "memory")
            #expect(line(page(board, at: now)) == first)
        }
    }
}
