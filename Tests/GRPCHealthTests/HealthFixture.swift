// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import HealthProtocol
import TestSupport
import Testing

/// A health server, and its reporter.
struct HealthFixture {
    let reporter = HealthReporter()
    let server: TestServer

    init(loops: Int = 1, listLimit: Int = 100) throws {
        server = try TestServer([HealthService(reporter, listLimit: listLimit)], loops: loops)
    }

    func peer(settings: [(id: UInt16, value: UInt32)] = []) throws -> ScriptedPeer {
        try server.greetedPeer(settings: settings)
    }
}

/// The payload of a request for a name of these bytes.
func request(_ name: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(name)
    if bytes.isEmpty { return [] }
    precondition(bytes.count < 16_384)
    let length = UInt16(bytes.count)
    return [0x0a]
        + (length < 128 ? [UInt8(length)] : [UInt8(length & 127) | 128, UInt8(length >> 7)])
        + bytes
}

extension ScriptedPeer {
    /// Checks a name and gives its status.
    func check(_ name: String, on streamID: Int32) throws -> ServingStatus {
        try call("/grpc.health.v1.Health/Check", on: streamID, request(name.utf8))
        let answer = try nextAnswer()
        #expect(answer.trailers == ["grpc-status: 0"])
        return status(answer.message)
    }

    /// Opens a Watch and reads its headers.
    func watch(_ name: String, on streamID: Int32) throws {
        try call("/grpc.health.v1.Health/Watch", on: streamID, request(name.utf8))
        _ = try nextHeaders(endStream: false)
    }

    /// The next status of the only Watch.
    func nextStatus() throws -> ServingStatus { status(try nextMessage()) }

    /// A response of the protocol, whose status takes one byte.
    func status(_ payload: [UInt8]) -> ServingStatus {
        if payload.isEmpty { return .unknown }
        #expect(payload.count == 2 && payload[0] == 0x08)
        return ServingStatus(rawValue: Int32(payload[1]))
    }
}

/// The fields of an answer that has only a status.
func failure(_ code: Int, _ message: String) -> [String] {
    [
        ":status: 200", "content-type: application/grpc", "grpc-status: \(code)",
        "grpc-message: " + message,
    ]
}
