// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a call ended: a code and a text for a person. Thrown by handlers; it goes over the wire, so it holds no
/// secrets.
public struct Status: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: StatusCode
    public let message: String

    public init(_ code: StatusCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The call did what was asked.
    public static let ok = Status(.ok, "")

    /// The code as gRPC writes it, and the message, such as `NOT_FOUND: unknown service`.
    public var description: String { message.isEmpty ? code.name : "\(code.name): \(message)" }
}
