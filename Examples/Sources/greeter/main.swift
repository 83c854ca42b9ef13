// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Two methods of one's own next to health. SIGTERM stops it gracefully: health is NOT_SERVING, clients that are connected
// are served for a second more, and calls under way have three seconds to end.

import Glibc
import VitalsHealth

var greeter = ServiceDefinition()

greeter.unary("/demo.Greeter/Greet", taking: .text, returning: .text) { name, call in
    guard !name.isEmpty else { throw Status(.invalidArgument, "whom?") }
    return "Hello, \(name)"
}

greeter.serverStreaming("/demo.Greeter/Count", taking: .text, returning: .text) {
    last, numbers, call in
    guard let last = Int(last), last > 0 else { throw Status(.invalidArgument, "how far?") }
    for number in 1...last {
        try await numbers.write("\(number)")
        try await Task.sleep(for: .milliseconds(100))
    }
}

let health = HealthReporter()
health.set(.serving, for: "demo.Greeter")

let server = try Server.start(
    port: Int(CommandLine.arguments.dropFirst().first ?? "") ?? 50051,
    services: [.health(health), greeter],
    drain: DrainTimes(grace: .seconds(1), deadline: .seconds(3)))

let cutCalls = await server.runUntilSignal()
exit(cutCalls == 0 ? 0 : 1)
