// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Foundation
import SystemIO

// registry-load URL INSTANCES WATCHERS RATE SECONDS
//
// For Benchmarks/registries.py: one process that has as many stores as instances, as if each were a process of its own. It waits for
// a line before each step, and tells of the step in a line of JSON.
let words = CommandLine.arguments.dropFirst()
guard words.count == 5, let url = words.first,
    let numbers = Optional(words.dropFirst().compactMap { Int($0) }), numbers.count == 4
else {
    StandardStream.error.write("usage: registry-load URL INSTANCES WATCHERS RATE SECONDS\n")
    exit(2)
}
let loop = try EventLoopGroup(count: 1).loops[0]
let load = LoopBound(try RegistryLoad(url, instances: numbers[0], on: loop), on: loop)

/// What the threads of this process have used of a core, in seconds.
func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Waits for a line, carries a step out, and tells of it.
func step(_ name: String, _ body: @escaping @Sendable (RegistryLoad, @escaping () -> Void) -> Void)
{
    guard readLine() != nil else { exit(0) }
    let (before, began) = (processorTime(), MonotonicTime.now())
    let done = DispatchSemaphore(value: 0)
    loop.post { body(load.value) { done.signal() } }
    done.wait()
    let wall = (MonotonicTime.now() - began) / .seconds(1)
    let cpu = processorTime() - before
    let counted = DispatchSemaphore(value: 0)
    loop.post {
        let result = load.value.takeResult()
        StandardStream.output.write(
            #"{"step":"\#(name)","wall":\#(wall),"cpu":\#(cpu),"count":\#(result.count),"failures":\#(result.failures),"#
                + #""median":\#(result.median),"p99":\#(result.p99)}"# + "\n")
        counted.signal()
    }
    counted.wait()
}

let (watchers, rate, seconds) = (numbers[1], numbers[2], numbers[3])
step("register") { load, done in load.register(done) }
step("renew") { load, done in load.renew(rate: rate, count: rate * seconds, done) }
step("watch") { load, done in load.watch(watchers, done) }
step("idle") { load, done in load.wait(.seconds(seconds), done) }
step("change") { load, done in load.change(20, done) }
