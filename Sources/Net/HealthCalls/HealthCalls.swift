// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCClient
package import GRPCWire
package import HealthProtocol

/// The calls of `grpc.health.v1.Health`.
extension ClientRequest {
    /// Bytes of an answer: a status takes two.
    private static let maxStatusSize = 1024
    /// The same for List's.
    private static let maxListSize = 256 << 10

    /// Check: the status of `service`; the empty name is the server as a whole.
    package static func check(_ service: String) -> ClientRequest {
        var request = ClientRequest(
            "\(HealthMethods.check)", HealthCheckRequest.encode(service: service))
        request.maxMessageSize = maxStatusSize
        return request
    }

    /// Watch: the status of `service`, then each other status that it gets.
    package static func watch(_ service: String) -> ClientRequest {
        var request = ClientRequest(
            "\(HealthMethods.watch)", HealthCheckRequest.encode(service: service))
        request.maxMessageSize = maxStatusSize
        request.keepsOnlyNewest = true
        return request
    }

    /// List: every name of the server and its status.
    package static func list() -> ClientRequest {
        var request = ClientRequest("\(HealthMethods.list)")
        request.maxMessageSize = maxListSize
        return request
    }
}

extension ServingStatus {
    /// What an answer of Check or a message of Watch says; INTERNAL when it is none.
    package init(answer: [UInt8]) throws(Status) {
        self = try answer.withUnsafeBufferPointer { buffer throws(Status) in
            try HealthCheckResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }
}

extension ClientCall {
    /// What the newest message says; INTERNAL when it is no answer of Check or Watch.
    package func servingStatus() throws(Status) -> ServingStatus {
        try ServingStatus(answer: messages.last ?? [])
    }

    /// The names that the server listed; INTERNAL when it sent something else.
    package func listedStatuses() throws(Status) -> [(name: String, status: ServingStatus)] {
        try (messages.last ?? []).withUnsafeBufferPointer { buffer throws(Status) in
            try HealthListResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The word by which the server says why the status is not SERVING; nil when it does not.
    package var reasonCode: String? {
        for value in trailers.bytes(of: "\(HealthReason.fieldName)") {
            let word = value.withUnsafeBytes { HealthReason.word($0) }
            if let word { return word }
        }
        return nil
    }
}
