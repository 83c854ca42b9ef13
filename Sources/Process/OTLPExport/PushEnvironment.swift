// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import TLSWire
import Text

/// What OpenTelemetry's environment variables ask for (OpenTelemetry specification, "Environment Variable Specification"
/// and "OpenTelemetry Protocol Exporter").
///
/// A variable for metrics alone (`OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`) counts before the one for all signals. An empty one
/// is one that is not set, and a bad one gives a warning and its default: telemetry is no reason not to start. Values are
/// never printed where they may be secrets.
package struct PushEnvironment {
    /// Where to push metrics; nil for nowhere.
    package private(set) var configuration: PushConfiguration?
    /// What is wrong: each names its variable, and what to do.
    package private(set) var warnings: [String] = []

    private let variables: [String: String]

    /// A variable that is set, and its name.
    struct Variable {
        let name: String
        let value: String

        init?(_ name: String, in variables: [String: String]) {
            guard let value = variables[name]?.trimmingWhiteSpace, !value.isEmpty else {
                return nil
            }
            self.name = name
            self.value = value
        }
    }

    /// Whether a variable is one of OpenTelemetry's.
    package static func isVariable(_ name: String) -> Bool { name.hasPrefix("OTEL_") }

    /// Reads the variables, by their names.
    package init(_ variables: [String: String]) {
        self.variables = variables
        guard isWanted, let endpoint = readEndpoint(), speaksGRPC else { return }
        var configuration = endpoint
        configuration.headers = readHeaders()
        readTimes(into: &configuration)
        readCompression(into: &configuration)
        readCredentials(into: &configuration)
        configuration.attributes = readAttributes()
        warnOfTemporality()
        self.configuration = configuration
    }

    private func variable(_ name: String) -> Variable? { Variable(name, in: variables) }

    /// The variable of the exporter for metrics, or the one for all signals.
    private func exporter(_ name: String) -> Variable? {
        variable("OTEL_EXPORTER_OTLP_METRICS_\(name)") ?? variable("OTEL_EXPORTER_OTLP_\(name)")
    }

    private mutating func warn(_ variable: Variable, _ text: String) {
        warnings.append("\(variable.name): \(text)")
    }

    // MARK: Whether

    private static let endpointRemedy = "use http://HOST:4317, or https:// for TLS"

    /// An endpoint or an exporter is named, and nothing turns it off.
    private var isWanted: Bool {
        mutating get {
            if isTrue(variable("OTEL_SDK_DISABLED")) { return false }
            let isNamed = exporter("ENDPOINT") != nil
            guard let exporters = variable("OTEL_METRICS_EXPORTER") else { return isNamed }
            let names = exporters.value.split(separator: ",").map {
                String($0).trimmingWhiteSpace
            }
            if names.contains("otlp") { return true }
            let known = ["none", "prometheus", "console", "logging"]
            if let unknown = names.first(where: { !known.contains($0) }) {
                warn(
                    exporters,
                    "\(PrintableText.quoted(unknown)) is not known: use otlp, or none for no push")
                return isNamed
            }
            return false
        }
    }

    private mutating func isTrue(_ variable: Variable?) -> Bool {
        guard let variable else { return false }
        switch variable.value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            warn(variable, "use true or false; false is in force")
            return false
        }
    }

    private var speaksGRPC: Bool {
        mutating get {
            guard let variable = exporter("PROTOCOL") else { return true }
            switch variable.value {
            case "grpc": return true
            case "http/protobuf", "http/json":
                warn(
                    variable,
                    "\(variable.value) is not spoken, no metrics are pushed: use grpc and the collector's port "
                        + "for it (4317), or OTEL_METRICS_EXPORTER=none to silence this")
                return false
            default:
                warn(variable, "use grpc; it is in force")
                return true
            }
        }
    }

    // MARK: Where

    private mutating func readEndpoint() -> PushConfiguration? {
        let isInsecure = isTrue(exporter("INSECURE"))
        // Asked for by OTEL_METRICS_EXPORTER alone.
        guard let variable = exporter("ENDPOINT") else {
            return (try? ClientTarget("localhost:4317")).map {
                PushConfiguration(target: $0, isSecure: false)
            }
        }
        do throws(PushEndpoint.Failure) {
            let endpoint = try PushEndpoint(variable.value, isInsecure: isInsecure)
            return PushConfiguration(target: endpoint.target, isSecure: endpoint.isSecure)
        } catch {
            warn(variable, "\(error.text): \(Self.endpointRemedy); no metrics are pushed")
            return nil
        }
    }

    // MARK: How

    private mutating func readHeaders() -> Metadata {
        guard let variable = exporter("HEADERS") else { return Metadata() }
        var headers = Metadata()
        for (index, entry) in KeyValueList.entries(of: variable.value).enumerated() {
            // Neither name nor value is printed where the form is wrong: either may be a token.
            guard let (name, value) = KeyValueList.pair(entry) else {
                warn(variable, "entry \(index + 1) has no name: use NAME=VALUE,NAME=VALUE")
                continue
            }
            do throws(Status) {
                try headers.add(name.lowercased(), KeyValueList.decodedWherePossible(value))
            } catch {
                warn(
                    variable,
                    "entry \(index + 1) cannot be sent: use a name of letters, digits, - _ and . that gRPC does "
                        + "not use itself, and a value of printable ASCII")
            }
        }
        return headers
    }

    private mutating func readTimes(into configuration: inout PushConfiguration) {
        if let timeout = milliseconds(exporter("TIMEOUT"), atLeast: 0, default: 10_000) {
            configuration.timeout = timeout == .zero ? nil : timeout
        }
        let variable = variable("OTEL_METRIC_EXPORT_INTERVAL")
        if let interval = milliseconds(variable, atLeast: 100, default: 60_000) {
            configuration.interval = interval
        }
    }

    private mutating func milliseconds(
        _ variable: Variable?, atLeast least: Int, default: Int
    ) -> Duration? {
        guard let variable else { return nil }
        guard variable.value.utf8.allSatisfy({ $0.isDigit }), let number = Int(variable.value),
            number >= least, number <= Int(Int32.max)
        else {
            warn(
                variable,
                "use a whole number of milliseconds from \(least) to \(Int32.max); \(`default`) is in force"
            )
            return nil
        }
        return .milliseconds(number)
    }

    private mutating func readCompression(into configuration: inout PushConfiguration) {
        guard let variable = exporter("COMPRESSION") else { return }
        switch variable.value {
        case "gzip": configuration.usesGzip = true
        case "none": break
        default: warn(variable, "use gzip or none; none is in force")
        }
    }

    private mutating func readCredentials(into configuration: inout PushConfiguration) {
        guard configuration.isSecure else { return }
        configuration.caPath = exporter("CERTIFICATE")?.value ?? ""
        switch (exporter("CLIENT_CERTIFICATE"), exporter("CLIENT_KEY")) {
        case (nil, nil): break
        case (let certificate?, let key?):
            configuration.identity = .files(certificatePath: certificate.value, keyPath: key.value)
        case (let alone?, nil), (nil, let alone?):
            warn(
                alone,
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY need each other; "
                    + "no certificate is shown")
        }
    }

    private mutating func warnOfTemporality() {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
        guard let variable = variable(name), variable.value.lowercased() != "cumulative" else {
            return
        }
        warn(variable, "only cumulative is pushed: have the collector convert (cumulativetodelta)")
    }

    // MARK: What of

    private mutating func readAttributes() -> [PushAttribute] {
        var attributes: [PushAttribute] = []
        if let variable = variable("OTEL_RESOURCE_ATTRIBUTES") {
            // One that cannot be read makes all of them doubtful (OpenTelemetry specification, "Resource SDK").
            if let list = KeyValueList.attributes(of: variable.value) {
                attributes = list
            } else {
                warn(
                    variable,
                    "use NAME=VALUE,NAME=VALUE, with %XX for bytes that are no plain ASCII; none of it is in force"
                )
            }
        }
        if let name = variable("OTEL_SERVICE_NAME") { attributes.set("service.name", name.value) }
        return attributes
    }
}
