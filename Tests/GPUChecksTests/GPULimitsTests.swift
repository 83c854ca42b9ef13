// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import Testing

@testable import GPUChecks

@Suite("What a GPU says is judged")
struct GPULimitsTests {
    private func result(
        _ devices: [GPUReading], _ limits: GPULimits = GPULimits(), hidden: Int = 0
    ) -> CheckResult {
        let answer = GPUAnswer(
            driver: "550", count: devices.count, hidden: hidden, devices: devices)
        return limits.result(of: answer, XidHistory(XidRule()), at: MonotonicTime(nanoseconds: 0))
    }

    private func state(
        _ numbers: [GPUNumber: UInt64], _ limits: GPULimits = GPULimits()
    ) -> Outcome.State {
        result([GPUReading(index: 0, numbers: numbers)], limits).state
    }

    @Test("A device that knows nothing of itself is healthy")
    func absent() { #expect(state([:]) == .healthy) }

    @Test("Each number is judged by its own limit, and by no smaller value")
    func limits() {
        let cases: [(GPUNumber, UInt64, UInt64, Outcome.State)] = [
            (.uncorrected, 0, 1, .unhealthy), (.retiredForSingle, 62, 63, .unhealthy),
            (.retiredForDouble, 15, 16, .degraded), (.retiredForDouble, 62, 63, .unhealthy),
            (.retirementPending, 0, 1, .degraded), (.remapped, 511, 512, .degraded),
            (.remapPending, 0, 1, .degraded), (.remapFailure, 0, 1, .unhealthy),
            (.recovery, 0, 1, .unhealthy), (.reasons, 0x117, 0x8, .degraded),
        ]
        for (number, good, bad, expected) in cases where number != .retiredForDouble || good == 15 {
            #expect(state([number: good]) == .healthy, "\(number)")
            #expect(state([number: bad]) == expected, "\(number)")
        }
        #expect(state([.retiredForDouble: 63]) == .unhealthy)
        #expect(state([.retiredForDouble: .max, .retiredForSingle: .max]) == .unhealthy)
        #expect(state([.temperature: 91, .slowdown: 92]) == .healthy)
        #expect(state([.temperature: 92, .slowdown: 92]) == .degraded)
        #expect(state([.temperature: 200]) == .healthy)
        #expect(state([.temperature: 200, .slowdown: 0]) == .healthy)
    }

    @Test("A limit of one's own replaces the one of the device")
    func ownLimits() {
        let limits = GPULimits(memory: 50, temperature: 80)
        #expect(state([.temperature: 80, .slowdown: 92], limits) == .degraded)
        #expect(state([.temperature: 79, .slowdown: 70], limits) == .healthy)
        #expect(state([.memoryUsed: 49, .memoryTotal: 100], limits) == .healthy)
        #expect(state([.memoryUsed: 50, .memoryTotal: 100], limits) == .degraded)
        #expect(state([.memoryUsed: 100, .memoryTotal: 100]) == .healthy)
        #expect(state([.memoryUsed: 5, .memoryTotal: 0], limits) == .healthy)
    }

    @Test(
        "What the driver asks for is told",
        arguments: [
            (1, "reset"), (2, "restart"), (3, "drained"), (4, "reset"), (6, "bus"), (7, "restart"),
            (99, "action 99"),
        ])
    func recovery(action: UInt64, word: String) {
        let result = result([GPUReading(index: 0, numbers: [.recovery: action])])
        #expect(result.cause.contains(word))
        #expect(result.state == ([3, 99].contains(action) ? .degraded : .unhealthy))
    }

    @Test("The worst comes first, and of many only some are told")
    func order() {
        var devices = (0..<9).map { GPUReading(index: $0, numbers: [.retirementPending: 1]) }
        devices[7].numbers = [.uncorrected: 2]
        let result = result(devices)
        #expect(result.state == .unhealthy)
        #expect(result.cause.hasPrefix("GPU 7 has 2 memory errors that could not be corrected"))
        #expect(result.cause.hasSuffix("; 4 more"))
        #expect(result.details["gpus"] == "9")
    }

    @Test("The devices that have to be there are counted; a lost one is there, and not healthy")
    func count() {
        let lost = GPUReading(index: 1, error: GPUError(name: "GPU_IS_LOST", call: "x"))
        #expect(
            result([GPUReading(index: 0)], GPULimits(count: 2)).cause
                == "1 of 2 GPUs are there: see nvidia-smi -L and dmesg")
        #expect(
            result([GPUReading(index: 0), lost], GPULimits(count: 2)).cause.hasPrefix(
                "GPU 1 is lost"))
        #expect(result([]).state == .unhealthy)
        #expect(result([], hidden: 3).cause.hasPrefix("none of the 3 GPUs may be used"))
    }

    @Test("An Xid counts for a while, by its list, and again when it comes again")
    func xids() {
        func time(_ seconds: Int64) -> MonotonicTime {
            MonotonicTime(nanoseconds: seconds * 1_000_000_000)
        }
        var history = XidHistory(XidRule(critical: [13], ignored: [94], hold: .seconds(10)))
        func states(_ seconds: Int64) -> [Outcome.State] {
            history.current(at: time(seconds)).map(\.state)
        }
        let codes = [79, 31, 13, 94, 43, 5, 0]
        history.take(codes.map { .init(index: 0, code: $0) }, at: time(0))
        #expect(states(9) == [.unhealthy, .unhealthy, .degraded, .degraded])
        history.take([.init(index: 0, code: 31)], at: time(9))
        #expect(states(10) == [.degraded])
        #expect(states(19).isEmpty)
        history.take((0..<100_000).map { .init(index: $0, code: 79) }, at: time(19))
        #expect(states(19).count == 64)
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func problem(_ target: String?, _ options: [String: [String]] = [:]) -> String? {
            do throws(CheckOptionError) {
                _ = try GPUCheck(target, CheckOptions(options))
                return nil
            } catch {
                return error.text
            }
        }
        #expect(problem(nil) == nil)
        #expect(problem("3") == nil)
        #expect(problem("GPU-5c3d-11") == nil)
        let use =
            "use the number of a GPU, or its UUID (GPU-...), or none for all; nvidia-smi -L has them"
        for target in ["64", "-1", "MIG-1", "GPU-1 --help", "first"] {
            #expect(problem(target) == "target is \"\(target)\": \(use)")
        }
        #expect(
            problem(nil, ["helper": ["nvml-helper"]])
                == #"helper is "nvml-helper": use an absolute path"#)
        #expect(problem("0", ["count": ["2"]]) == "count is for all GPUs: the target is one")
        #expect(problem(nil, ["count": ["0"]]) == #"count is "0": use a number from 1 to 64"#)
        #expect(
            problem(nil, ["ignore-xid": ["31", "x"]])
                == #"ignore-xid is "x": use the number of an Xid, such as 31"#)
        #expect(
            problem(nil, ["start": ["1ms"]])
                == #"start is "1ms": use a duration from 1s to 24h, such as 30s"#)
        #expect(
            problem(nil, ["temperature": ["hot"]])
                == #"temperature is "hot": use degrees Celsius from 1 to 150"#)
        #expect(
            problem(nil, ["power": ["1"]])?.hasPrefix("power is unknown: this kind has count, ")
                == true)
    }
}
