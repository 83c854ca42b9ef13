// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCClient
package import GRPCWire
package import TLSWire

/// Where metrics are pushed, how, and how often.
package struct PushConfiguration: Equatable, Sendable {
    /// The collector.
    package let target: ClientTarget
    /// With TLS.
    package let isSecure: Bool
    /// How a person writes it, without secrets.
    package let endpoint: String
    /// Header fields of each request, such as a token.
    package var headers = Metadata()
    /// How long one attempt may take; nil for the time until the next push.
    package var timeout: Duration? = .seconds(10)
    /// Between the beginnings of two pushes.
    package var interval = Duration.seconds(60)
    /// Compresses the requests.
    package var usesGzip = false
    /// PEM file of the CAs that sign the collector's certificate; empty for the system's.
    package var caPath = ""
    /// PEM files of the own certificate, where the collector asks for one.
    package var identity: TLSIdentity?
    /// What the metrics are about, as its environment has it: `service.name` and others.
    package var attributes: [PushAttribute] = []

    /// The defaults of OpenTelemetry.
    package init(target: ClientTarget, isSecure: Bool) {
        self.target = target
        self.isSecure = isSecure
        endpoint = (isSecure ? "https://" : "http://") + target.authority
    }
}

/// A name and a text that tell one resource from another.
package struct PushAttribute: Equatable, Sendable {
    package let name: String
    package let value: String

    /// An attribute.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [PushAttribute] {
    /// Adds those whose names are not there.
    mutating func addMissing(_ others: [PushAttribute]) {
        for other in others where !contains(where: { $0.name == other.name }) { append(other) }
    }

    /// Gives an attribute a value, whatever it had.
    mutating func set(_ name: String, _ value: String) {
        removeAll { $0.name == name }
        append(PushAttribute(name, value))
    }
}
