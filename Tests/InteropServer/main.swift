// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import GRPCTransport
import Logging
import SystemIO
import TLSWire

/// Serves gRPC's interoperability tests, and pages of HTTP, on a port of the loopback until it is killed. The arguments
/// are the port (0, or none, is one that is free), and for TLS the PEM files of a certificate and its key. Says its
/// address when it listens. With INTEROP_IMPATIENT in its environment it waits a second for slow clients.
func serve() throws {
    let arguments = ProgramArguments.all
    guard let number = UInt16(arguments.first ?? "0"),
        let address = SocketAddress(numeric: "127.0.0.1", port: number), arguments.count != 2
    else {
        print("usage: interop-server [PORT [CERTIFICATE KEY]]")
        exit(2)
    }
    var configuration = ServerConfiguration()
    if arguments.count > 2 {
        let identity = TLSIdentity.files(certificatePath: arguments[1], keyPath: arguments[2])
        configuration.tls = try TLSContext.server(TLSServerConfiguration(identity: identity))
    }
    if !ProgramEnvironment.variables({ $0 == "INTEROP_IMPATIENT" }).isEmpty {
        configuration.timeouts.write = .seconds(1)
        configuration.timeouts.header = .seconds(1)
    }
    let group = try EventLoopGroup(count: 1)
    let logger = Logger(label: "interop") { _ in SwiftLogNoOpLogHandler() }
    let server = try GRPCServer.start(
        at: address, on: group, services: [InteropService()], http: [InteropPages()],
        configuration: configuration, logger: logger)
    StandardStream.output.write("listening on \(server.address.text)\n")
    withExtendedLifetime((group, server)) { while true { pause() } }
}

do {
    try serve()
} catch {
    print("cannot serve: \(error)")
    exit(1)
}
