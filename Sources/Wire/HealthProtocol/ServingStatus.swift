// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a name answers (`grpc.health.v1.HealthCheckResponse.ServingStatus`). An open set: a newer server may
/// send another number.
public struct ServingStatus: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let unknown = ServingStatus(rawValue: 0)
    public static let serving = ServingStatus(rawValue: 1)
    public static let notServing = ServingStatus(rawValue: 2)
    /// Only Watch answers this: the name is not registered (yet).
    public static let serviceUnknown = ServingStatus(rawValue: 3)

    /// The name in the protocol, or the number when it has none.
    public var name: String {
        switch self {
        case .unknown: "UNKNOWN"
        case .serving: "SERVING"
        case .notServing: "NOT_SERVING"
        case .serviceUnknown: "SERVICE_UNKNOWN"
        default: "\(rawValue)"
        }
    }
}
