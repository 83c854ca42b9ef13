// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import InstanceRegistry
import NetworkChecks

/// What the URL of an instance's health check means.
enum HealthURL {
    /// The check. Who can write to a store must not make its readers connect anywhere: the URL has to be of the instance's host.
    static func kind(
        of instance: Instance, _ options: CheckOptions
    ) throws(CheckOptionError) -> any CheckKind {
        let schemes = "grpc grpcs http https"
        let url = try TargetURL.forCheck(instance.healthCheckURL, schemes: schemes)
        guard url.host == instance.host else {
            throw CheckOptionError("target", "is of another host than the instance")
        }
        guard url.scheme.hasPrefix("grpc") else {
            var options = options
            options.add("wrong-status", "unhealthy")
            return try HTTPCheck(instance.healthCheckURL, options)
        }
        var options = options
        options.add("watch", "true")
        return try GRPCCheck(instance.healthCheckURL, options)
    }
}
