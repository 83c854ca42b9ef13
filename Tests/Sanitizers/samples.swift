// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

// samples none|race|overflow|leak: does that and nothing else wrong. `none` has threads contend for a Mutex, which
// ThreadSanitizer has to understand. scripts/test-sanitized tries each, so that silence means something.

import Glibc
import Synchronization

final class Sum: Sendable {
    let guarded = Mutex(0)
    nonisolated(unsafe) var racing = 0
}

let sum = Sum()
let fault = CommandLine.arguments.last
let races = fault == "race"

func addInThreads() {
    var threads: [pthread_t] = []
    for _ in 0..<4 {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                for _ in 0..<20_000 {
                    if races { sum.racing += 1 } else { sum.guarded.withLock { $0 += 1 } }
                }
                return nil
            }, nil)
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
}

switch fault {
case "overflow":
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 8)
    bytes.initialize(repeating: 1, count: 8)
    print(bytes[8])
    bytes.deallocate()
case "leak":
    for size in 1...8 { print(strlen(strdup(String(repeating: "x", count: size)))) }
default:
    addInThreads()
}
