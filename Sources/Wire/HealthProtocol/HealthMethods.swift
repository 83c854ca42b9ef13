// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The paths of the service `grpc.health.v1.Health`.
public enum HealthMethods {
    public static let check: StaticString = "/grpc.health.v1.Health/Check"
    public static let watch: StaticString = "/grpc.health.v1.Health/Watch"
    public static let list: StaticString = "/grpc.health.v1.Health/List"
}
