// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import TLSWire
import Testing

@testable import OTLPExport

@Suite("What OpenTelemetry's variables ask for")
struct PushEnvironmentTests {
    /// The variables by their names without `OTEL_`, and an endpoint.
    private func environment(_ variables: [String: String]) -> PushEnvironment {
        var all = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317"]
        for (name, value) in variables { all["OTEL_" + name] = value }
        return PushEnvironment(all)
    }

    @Test(
        "Without an endpoint nothing is pushed, and nothing is said",
        arguments: [
            [:], ["OTEL_SERVICE_NAME": "chat", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": ""], ["OTEL_EXPORTER_OTLP_ENDPOINT": " "],
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector"],
            ["OTEL_METRICS_EXPORTER": "prometheus"],
        ])
    func off(variables: [String: String]) {
        let environment = PushEnvironment(variables)
        #expect(environment.configuration == nil)
        #expect(environment.warnings == [])
    }

    @Test(
        "Pushes can be turned off",
        arguments: [
            ["SDK_DISABLED": "true"], ["SDK_DISABLED": "TRUE"], ["METRICS_EXPORTER": "none"],
            ["METRICS_EXPORTER": "prometheus,console"],
        ])
    func turnedOff(variables: [String: String]) {
        let environment = environment(variables)
        #expect(environment.configuration == nil)
        #expect(environment.warnings == [])
    }

    @Test("The defaults are those of OpenTelemetry")
    func defaults() throws {
        let environment = environment([:])
        let expected = PushConfiguration(
            target: try ClientTarget("collector:4317"), isSecure: false)
        #expect(environment.configuration == expected)
        #expect(environment.warnings == [])
        #expect(expected.timeout == .seconds(10))
        #expect(expected.interval == .seconds(60))
        #expect(expected.endpoint == "http://collector:4317")
    }

    @Test("The exporter otlp alone means the usual endpoint")
    func exporterAlone() {
        for exporters in ["otlp", "prometheus, otlp"] {
            let configuration = PushEnvironment(["OTEL_METRICS_EXPORTER": exporters]).configuration
            #expect(configuration?.endpoint == "http://localhost:4317")
        }
    }

    @Test(
        "Endpoints are URLs or addresses of gRPC; the port is 4317 where there is none",
        arguments: [
            ("http://collector", "collector:4317", false),
            ("HTTP://collector:80/", "collector:80", false),
            ("https://collector.example/v1/metrics", "collector.example:4317", true),
            ("https://[::1]", "[::1]:4317", true), ("https://[::1]:5", "[::1]:5", true),
            ("http://10.0.0.1?x=y", "10.0.0.1:4317", false),
            ("collector:4317", "collector:4317", true), ("collector", "collector:4317", true),
            ("dns:///collector:5", "collector:5", true),
        ] as [(String, String, Bool)])
    func endpoints(text: String, authority: String, isSecure: Bool) {
        let environment = environment(["EXPORTER_OTLP_ENDPOINT": text])
        #expect(environment.configuration?.target.authority == authority)
        #expect(environment.configuration?.isSecure == isSecure)
        #expect(environment.warnings == [])
    }

    @Test("INSECURE counts where the endpoint has no scheme, and only there")
    func insecure() {
        let bare = environment([
            "EXPORTER_OTLP_ENDPOINT": "unix:///run/collector", "EXPORTER_OTLP_INSECURE": "True",
        ])
        #expect(bare.configuration?.isSecure == false)
        #expect(bare.configuration?.target.endpoint == .unix(path: "/run/collector"))
        let secure = environment([
            "EXPORTER_OTLP_ENDPOINT": "https://c", "EXPORTER_OTLP_INSECURE": "true",
        ])
        #expect(secure.configuration?.isSecure == true)
    }

    @Test(
        "A bad endpoint is a warning that names it, and no push",
        arguments: [
            "http://", "http://:x", "http://collector:0", "ftp://collector", "http://a b",
            "http://::1:4317", "http://user:canary@collector:4317", "canary@collector",
        ])
    func badEndpoints(text: String) throws {
        let environment = environment(["EXPORTER_OTLP_METRICS_ENDPOINT": text])
        #expect(environment.configuration == nil)
        try #require(environment.warnings.count == 1)
        #expect(environment.warnings[0].hasPrefix("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "))
        #expect(environment.warnings[0].contains("use http://HOST:4317"))
        #expect(!environment.warnings[0].contains("canary"))
    }

    @Test("A variable for metrics counts before the one for all signals")
    func precedence() {
        let environment = environment([
            "EXPORTER_OTLP_METRICS_ENDPOINT": "http://metrics:1",
            "EXPORTER_OTLP_TIMEOUT": "1000", "EXPORTER_OTLP_METRICS_TIMEOUT": "2000",
            "EXPORTER_OTLP_HEADERS": "a=1", "EXPORTER_OTLP_METRICS_HEADERS": "b=2",
            "EXPORTER_OTLP_COMPRESSION": "gzip", "EXPORTER_OTLP_METRICS_COMPRESSION": "none",
            "EXPORTER_OTLP_PROTOCOL": "http/protobuf", "EXPORTER_OTLP_METRICS_PROTOCOL": "grpc",
        ])
        #expect(environment.warnings == [])
        #expect(environment.configuration?.target.authority == "metrics:1")
        #expect(environment.configuration?.timeout == .seconds(2))
        #expect(environment.configuration?.headers.texts(of: "a") == [])
        #expect(environment.configuration?.headers.texts(of: "b") == ["2"])
        #expect(environment.configuration?.usesGzip == false)
    }

    @Test("Times are milliseconds; a timeout of zero is none")
    func times() {
        let environment = environment([
            "EXPORTER_OTLP_TIMEOUT": "0", "METRIC_EXPORT_INTERVAL": "1500",
        ])
        #expect(environment.warnings == [])
        #expect(environment.configuration?.timeout == .some(nil))
        #expect(environment.configuration?.interval == .milliseconds(1500))
    }

    @Test(
        "A bad value is a warning, and the default is in force",
        arguments: [
            ("EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
            ("EXPORTER_OTLP_METRICS_TIMEOUT", "-1", "10000 is in force"),
            ("METRIC_EXPORT_INTERVAL", "0", "from 100"),
            ("METRIC_EXPORT_INTERVAL", "99999999999", "60000 is in force"),
            ("EXPORTER_OTLP_COMPRESSION", "zstd", "use gzip or none"),
            ("EXPORTER_OTLP_PROTOCOL", "thrift", "use grpc"),
            ("SDK_DISABLED", "yes", "use true or false"),
            ("METRICS_EXPORTER", "statsd", "use otlp, or none"),
            ("EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta", "cumulativetodelta"),
            ("RESOURCE_ATTRIBUTES", "a=1,b", "none of it"),
            ("RESOURCE_ATTRIBUTES", "a=%4", "none of it"),
            ("RESOURCE_ATTRIBUTES", "a=%ff", "none of it"),
        ] as [(String, String, String)])
    func badValues(name: String, value: String, remedy: String) throws {
        let environment = environment([name: value])
        #expect(environment.configuration == self.environment([:]).configuration)
        try #require(environment.warnings.count == 1)
        #expect(environment.warnings[0].hasPrefix("OTEL_\(name): "))
        #expect(environment.warnings[0].contains(remedy))
    }

    @Test(
        "HTTP is not spoken: a warning says what to do, and nothing is pushed",
        arguments: [
            "http/protobuf", "http/json",
        ])
    func otherProtocols(text: String) throws {
        let environment = environment(["EXPORTER_OTLP_PROTOCOL": text])
        #expect(environment.configuration == nil)
        try #require(environment.warnings.count == 1)
        #expect(environment.warnings[0].contains(text))
        #expect(environment.warnings[0].contains("OTEL_METRICS_EXPORTER=none"))
    }

    @Test(
        "Headers are decoded, with names in lower case; a value may have an equals sign and a lone %"
    )
    func headers() {
        let environment = environment([
            "EXPORTER_OTLP_HEADERS": "Authorization=Basic%20YTpi==, x-key = 5%,,x-last="
        ])
        #expect(environment.warnings == [])
        let headers = environment.configuration?.headers
        #expect(headers?.texts(of: "authorization") == ["Basic YTpi=="])
        #expect(headers?.texts(of: "x-key") == ["5%"])
        #expect(headers?.texts(of: "x-last") == [""])
    }

    @Test(
        "A bad header is a warning without its value, and the others are sent",
        arguments: [
            "canary", "=canary", "content-type=canary", "grpc-timeout=canary", "a b=canary",
            "x-key=canary%0a", "x-bin=canary",
        ])
    func badHeaders(entry: String) throws {
        let environment = environment(["EXPORTER_OTLP_HEADERS": "x-good=1,\(entry)"])
        #expect(environment.configuration?.headers.texts(of: "x-good") == ["1"])
        #expect(environment.configuration?.headers.entries.count == 1)
        try #require(environment.warnings.count == 1)
        #expect(environment.warnings[0].hasPrefix("OTEL_EXPORTER_OTLP_HEADERS: entry 2 "))
        #expect(!environment.warnings[0].contains("canary"))
    }

    @Test("Certificates are for https, and a client's needs its key")
    func credentials() throws {
        let variables = [
            "EXPORTER_OTLP_ENDPOINT": "https://c", "EXPORTER_OTLP_CERTIFICATE": "/ca",
            "EXPORTER_OTLP_CLIENT_CERTIFICATE": "/cert",
        ]
        let whole = environment(variables.merging(["EXPORTER_OTLP_CLIENT_KEY": "/key"]) { $1 })
        #expect(whole.configuration?.caPath == "/ca")
        #expect(whole.configuration?.identity == .files(certificatePath: "/cert", keyPath: "/key"))
        #expect(whole.warnings == [])
        let half = environment(variables)
        #expect(half.configuration?.identity == nil)
        #expect(half.warnings.count == 1)
        let plain = environment(["EXPORTER_OTLP_CERTIFICATE": "/ca"])
        #expect(plain.configuration?.caPath == "")
    }

    @Test("The service's name counts before that of the attributes, and the last of a name counts")
    func attributes() {
        let environment = environment([
            "SERVICE_NAME": "chat",
            "RESOURCE_ATTRIBUTES": "service.name=other, env = a%2Cb%3D ,env=c%C3%A9,zone=1",
        ])
        #expect(environment.warnings == [])
        var attributes = environment.configuration?.attributes ?? []
        #expect(
            attributes == [
                PushAttribute("env", "cé"), PushAttribute("zone", "1"),
                PushAttribute("service.name", "chat"),
            ])
        attributes.addMissing([PushAttribute("zone", "2"), PushAttribute("host.name", "h")])
        #expect(attributes.map(\.value) == ["cé", "1", "chat", "h"])
    }
}
