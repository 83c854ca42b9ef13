// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCHealth
import GRPCTransport
import Logging
import SystemIO

func run() throws {
    let reporter = HealthReporter()
    let group = try EventLoopGroup(count: 1)
    let server = try GRPCServer.start(
        at: SocketAddress(numeric: "127.0.0.1", port: 50151)!, on: group,
        services: [HealthService(reporter)],
        logger: Logger(label: "x"))
    print(server.address.text)
    let loop = try EventLoop()
    loop.run()
}
try run()
