// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCHealth
import StatusPages
import SystemIO
public import VitalsServer

extension ServiceDefinition {
    /// Health over HTTP/1.1 and HTTP/2 on the server's port: `/health`, `/healthz`, `/livez`, `/ready`, `/readyz`, `/startupz` and
    /// `/discover/NAME`, from what `reporter` says. They need no service ``health(_:)`` beside them, and agree with one.
    ///
    /// Readiness is the whole server's (`""`), and that of the name `readiness` where that is registered; `liveness` and
    /// `startup` are those names, and pass while they are not. `service` and `version` are what the pages call the program.
    public static func healthPages(
        _ reporter: HealthReporter, service: String, version: String
    ) -> ServiceDefinition {
        var definition = ServiceDefinition(
            drainBegan: { reporter.shutdown() }, graceEnded: { reporter.endWatches() })
        let identity = ServiceIdentity(service: service, version: version, start: .now())
        definition.add(HealthPages(reporter.makeBoard(), of: identity, for: .everybody))
        return definition
    }
}
