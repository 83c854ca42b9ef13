// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Serves health, and says by a reporter when the work behind it can be done.

import VitalsHealth

let health = HealthReporter()
health.set(.notServing, for: "demo.Greeter")

let server = try Server.start(
    port: Int(CommandLine.arguments.dropFirst().first ?? "") ?? 50051,
    services: [.health(health)])

try await Task.sleep(for: .seconds(1))  // here a model would be loaded
health.set(.serving, for: "demo.Greeter")

await server.runUntilSignal()
