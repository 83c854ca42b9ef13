// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Registering
import ServedRegistry
import SkillServices

/// What runs beside the server, and ends with it.
struct Companions {
    /// Nil without TLS, and until the runtime listens at the port.
    var certificates: CertificateWatch?
    /// Nil until the runtime listens at the port.
    var loops: Watchdog?
    /// Nil without a service manager.
    var service: ServiceReport?
    /// Nil without a registry, and until the runtime listens at the port.
    var registrar: Registrar?
    /// Nil where none is served to others.
    var registry: RegistryServer?
}
