// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// Calls a skill that it finds, until it is ended: `caller SOURCE SERVICE [PAUSE [FALLBACK]]`, such as `redis://127.0.0.1 chat`.
// PAUSE are milliseconds between two calls, FALLBACK is a port of this machine for a source that cannot be asked.

import Glibc
import VitalsClient
import VitalsDiscovery

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fatalError("caller SOURCE SERVICE [PAUSE [FALLBACK]]") }
let (source, service) = (try DiscoverySource(arguments[0]), arguments[1])
let pause = Duration.milliseconds(arguments.dropFirst(2).first.flatMap { Int($0) } ?? 0)

var options = DiscoveryOptions()
options.name = "caller"
options.fallback = arguments.dropFirst(3).compactMap { Int($0) }.map { port in
    ServiceInstance(of: service, host: "127.0.0.1", port: port)
}
let discovery = try Discovery(source, options)

// Says what it knows of the service, after each change.
let changes = discovery.changes(of: service)
Task.detached {
    for await list in changes {
        let addresses = list.instances.map(\.address).joined(separator: " ")
        let age = list.age.map { ", \($0.components.seconds) s old" } ?? ""
        print("\(list.origin.rawValue)\(age): \(addresses) \(list.failure ?? "")")
        fflush(nil)
    }
}

// An InferRequest with the prompt "Hello", as a library for Protocol Buffers would write it.
let hello: [UInt8] = [0x0A, 5] + "Hello".utf8
let request = ClientRequest(
    "/sarai.skills.SkillService/Infer",
    EncodedMessage(count: hello.count) { $0.copyBytes(from: hello) })

// A connection to each instance. One of an instance that is gone is not used again: the next process has another id.
var connections: [String: ClientConnection] = [:]
var (calls, failures) = (0, 0)

while true {
    do {
        _ = try await discovery.call(service) { instance in
            let connection =
                try connections[instance.id]
                ?? .connect(to: ClientTarget(instance.address), timeout: .seconds(1))
            // It is kept when its call has succeeded.
            connections[instance.id] = nil
            let answer = try connection.answer(to: request)
            connections[instance.id] = connection
            return answer
        }
    } catch {
        failures += 1
        print("failed: \(error)")
        try await Task.sleep(for: .milliseconds(100))
    }
    calls += 1
    if calls % 500 == 0 { print("\(calls) calls, \(failures) failed") }
    fflush(nil)
    if pause > .zero { try await Task.sleep(for: pause) }
}
