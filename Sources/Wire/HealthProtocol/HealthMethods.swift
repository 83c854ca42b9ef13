// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The paths of the service `grpc.health.v1.Health`.
package enum HealthMethods {
    package static let check: StaticString = "/grpc.health.v1.Health/Check"
    package static let watch: StaticString = "/grpc.health.v1.Health/Watch"
    package static let list: StaticString = "/grpc.health.v1.Health/List"
}
