// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import GRPCTransport
import Logging
import SystemIO

/// Serves gRPC's interoperability tests on a port of the loopback until it is killed. The port is the only argument;
/// 0, or none, is one that is free. Says its address when it listens.
func serve() throws {
    let port = ProgramArguments.all.first ?? "0"
    guard let number = UInt16(port),
        let address = SocketAddress(numeric: "127.0.0.1", port: number)
    else {
        print("usage: interop-server [PORT]")
        exit(2)
    }
    let group = try EventLoopGroup(count: 1)
    let logger = Logger(label: "interop") { _ in SwiftLogNoOpLogHandler() }
    let server = try GRPCServer.start(
        at: address, on: group, services: [InteropService()], logger: logger)
    StandardStream.output.write("listening on \(server.address.text)\n")
    withExtendedLifetime((group, server)) { while true { pause() } }
}

do {
    try serve()
} catch {
    print("cannot serve: \(error)")
    exit(1)
}
