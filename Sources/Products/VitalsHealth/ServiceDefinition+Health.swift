// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCHealth
public import VitalsServer

extension ServiceDefinition {
    /// The service `grpc.health.v1.Health`: Check, Watch and List of what `reporter` says.
    ///
    /// When the server begins to stop, every name becomes NOT_SERVING; when its grace period is over, Watches end.
    public static func health(_ reporter: HealthReporter) -> ServiceDefinition {
        var definition = ServiceDefinition(
            drainBegan: { reporter.shutdown() }, graceEnded: { reporter.endWatches() })
        let service = HealthService(reporter)
        definition.add { table, loop in service.register(in: &table, on: loop) }
        return definition
    }
}
