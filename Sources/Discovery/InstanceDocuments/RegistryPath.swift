// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a registry over HTTP and its clients have to agree on beside the documents.
package enum RegistryPath {
    /// Where the names of services are.
    package static let root: StaticString = "/discover"
    /// Below it are the services, and below each its instances.
    package static let services: StaticString = "/discover/"
    /// The field that each answer of a registry has: a number that is another one after a restart. A server without it has no
    /// registry.
    package static let field: StaticString = "vitals-registry"
    /// A stream that has nothing to tell says so at least this often.
    package static let silence = Duration.seconds(15)
}
