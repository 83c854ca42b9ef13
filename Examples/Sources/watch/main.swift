// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Watches a name, and prints each status until the server ends the Watch.

import Glibc
import VitalsClient

let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:50051"

let health = try HealthClient.connect(to: address)
print("now \(try health.check("demo.Greeter").name)")

let watch = health.watch("demo.Greeter")
while let status = try watch.next() {
    print(status.name)
    fflush(nil)  // a pipe would wait for more
}
print("the server has ended the Watch")
