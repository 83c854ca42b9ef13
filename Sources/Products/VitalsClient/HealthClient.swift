// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCClient
public import GRPCWire
import HealthCalls
public import HealthProtocol
public import TLSWire

/// A client of `grpc.health.v1.Health`. It belongs to one thread, which each call blocks until its answer comes.
///
/// ```swift
/// let health = try HealthClient.connect(to: "127.0.0.1:50051")
/// print(try health.check("demo.Greeter").name)
/// ```
public final class HealthClient {
    private let connection: ClientConnection

    /// Connects to `address`: `host:port`, `[::1]:port`, `unix:PATH` or `dns:///host:port`. A server that starts late is
    /// found: what fails is tried again until `timeout` is over.
    public static func connect(
        to address: String, tls: TLSContext? = nil, timeout: Duration = .seconds(5)
    ) throws(ConnectionError) -> HealthClient {
        let target: ClientTarget
        do throws(ClientTargetError) {
            target = try ClientTarget(address)
        } catch {
            throw .target(error)
        }
        return HealthClient(
            try .connect(to: target, ClientConfiguration(tls: tls), timeout: timeout))
    }

    /// A client over a connection that is open.
    public init(_ connection: ClientConnection) { self.connection = connection }

    /// The status of a name; the empty one stands for the whole server. Throws NOT_FOUND when the server does not know it.
    public func check(
        _ name: String = "", timeout: Duration = .seconds(1)
    ) throws(Status) -> ServingStatus {
        var request = ClientRequest.check(name)
        request.timeout = timeout
        return try ServingStatus(answer: connection.answer(to: request))
    }

    /// Watches a name: its status now, and each change. A name that the server does not know is SERVICE_UNKNOWN.
    public func watch(_ name: String = "") -> HealthWatch {
        HealthWatch(connection, connection.start(.watch(name)))
    }
}
