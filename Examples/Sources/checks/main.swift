// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Health that follows from checks: of a port, and of work of one's own. The second argument is the target.

import VitalsChecks
import VitalsHealth

let health = HealthReporter()
let arguments = CommandLine.arguments.dropFirst()
let target = arguments.dropFirst().first ?? "127.0.0.1:5432"

let checks = try HealthChecks()
checks.report(to: health, as: ["", "demo.Greeter"])
checks.onChange { change in
    print(change.subject, change.to?.rawValue ?? "gone", change.cause)
}

try checks.add(.tcp(target, .named("database"), .critical, .detectWithin(.seconds(1))))

let breaker = CircuitBreaker("database")
try checks.add(
    .task("orders", .needs("database"), .detectWithin(.seconds(1))) {
        let waiting = try breaker.call { 7 }  // here a query would count them
        return waiting < 1_000 ? .healthy : .degraded("\(waiting) orders wait")
    })

let server = try Server.start(
    port: Int(arguments.first ?? "") ?? 50051,
    services: [
        .health(health), .healthPages(health, service: "greeter", version: "1.0.0"),
    ])
await server.runUntilSignal()
