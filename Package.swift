// swift-tools-version: 6.2
// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackageDescription

// One package, two builds. The small side (what is linked into the probe) builds as ordinary Swift every day,
// and as Embedded Swift when VITALS_EMBEDDED is set: then the manifest holds nothing else.
// See docs/decisions/0001-two-builds.md.
let embedded = Context.environment["VITALS_EMBEDDED"] != nil
// What scripts/release ships is tuned by flags that SwiftPM calls unsafe: a package that depends on this one has none.
let shipping = Context.environment["VITALS_RELEASE"] != nil
// The small side again, instrumented, with the fuzzers of Fuzz/; see scripts/fuzz.
let fuzzing = Context.environment["VITALS_FUZZ"] != nil
let fuzzer = "-sanitize=fuzzer,address"

/// The toolchain's Embedded libraries for this machine, found from where `swiftc` is.
func embeddedLibraries() -> String {
    #if arch(arm64)
        let triple = "aarch64-unknown-linux-gnu"
    #else
        let triple = "x86_64-unknown-linux-gnu"
    #endif
    for directory in (Context.environment["PATH"] ?? "").split(separator: ":") {
        let usr = URL(fileURLWithPath: directory + "/swiftc").resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent()
        let libraries = usr.path + "/lib/swift/embedded/" + triple
        if FileManager.default.fileExists(atPath: libraries) { return libraries }
    }
    return ""
}

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let smallSide: [SwiftSetting] =
    strict + (fuzzing ? [.unsafeFlags([fuzzer])] : [])
    + (embedded
        ? [
            .enableExperimentalFeature("Embedded"),
            // Each module has its own copy of the generic code that it uses; the linker keeps one of each section.
            .unsafeFlags(["-wmo", "-Osize", "-Xfrontend", "-function-sections"]),
        ]
        : [.treatWarning("EmbeddedRestrictions", as: .error)])
/// How a program of the small side is linked. Its stack is never unwound: it needs no index of its frames, which is 100 KB of
/// the probe.
func smallLink(_ more: [String]) -> [LinkerSetting] {
    if !embedded { return [] }
    return [
        .unsafeFlags(
            [
                "-enable-experimental-feature", "Embedded", "-L", embeddedLibraries(),
                "-lswiftUnicodeDataTables", "-use-ld=lld",
                "-Xclang-linker", "-Wno-unused-command-line-argument", "-Xlinker", "-s",
                "-Xlinker", "-O2", "-Xlinker", "-z", "-Xlinker", "now",
                "-Xlinker", "--no-eh-frame-hdr",
            ] + more)
    ]
}

/// What a run of the probe touches lies side by side in it; see scripts/order-probe, which reads the map.
let probeOrder = [
    "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/scripts/probe.order",
    "-Xlinker", "--no-warn-symbol-ordering",
    "-Xlinker", "-Map=\(Context.packageDirectory)/.build-embedded/probe.map",
]

/// What `scripts/release` says of the build, for `-version`.
let build: [CSetting] = ["VITALS_COMMIT", "VITALS_LIBRARIES"].compactMap { name in
    Context.environment[name].map { .define(name, to: "\"\($0)\"") }
}

/// The layers, from the top down, and their modules. A module depends on its own layer and those below it only:
/// scripts/check-arrows fails when one does not.
let layers = [
    (
        name: "Programs",
        modules: ["grpc_health_probe", "healthcheck", "nvml-helper", "skill-runtime"]
    ),
    (
        name: "Products",
        modules: [
            "VitalsServer", "VitalsHealth", "VitalsChecks", "VitalsDiscovery", "VitalsClient",
        ]
    ),
    (
        name: "Inference",
        modules: ["SkillRuntime", "SkillServices", "OpenAIBackend", "Inference", "Models", "GGUF"]
    ),
    (name: "Healthcheck", modules: ["HealthcheckCommand", "HealthWrapper", "WrapperStatus"]),
    (
        name: "Discovery",
        modules: [
            "InstanceRegistry", "LocalRegistry", "RedisRegistry", "Registering",
            "DiscoverySettings", "ConsulRegistry", "EtcdRegistry", "InstanceChecks",
            "DiscoveryClient", "RegistryCalls", "InstanceDocuments", "ServedRegistry",
            "HTTPRegistry", "DNSRegistry",
        ]
    ),
    (
        name: "Checks",
        modules: [
            "CheckEngine", "CheckScheduling", "NetworkChecks", "HostChecks", "QueueChecks",
            "GPUChecks", "NVMLReading", "Heartbeats", "CheckSettings", "OneShotChecks",
        ]
    ),
    (
        name: "Process",
        modules: [
            "Settings", "Telemetry", "Exposition", "Scraping", "OTLPExport", "HostMemory",
            "JSONHealth",
            "ServiceNotify", "ChildProcesses", "Supervision",
        ]
    ),
    (
        name: "Health",
        modules: ["StatusSite", "StatusBoard", "GRPCHealth", "StatusPages", "Explaining"]
    ),
    (name: "Probe", modules: ["HealthProbe"]),
    (name: "Server", modules: ["GRPCTransport", "HTTPRouting", "GRPCReflection", "GRPCChannelz"]),
    (
        name: "Net",
        modules: [
            "EventLoops", "Dialer", "ByteStream", "Outbound", "GRPCClient", "HealthCalls",
            "OutboundCalls",
        ]
    ),
    (
        name: "Wire",
        modules: [
            "TLSWire", "HTTP1Wire", "HTTP2Wire", "GRPCWire", "ProtobufWire", "HealthProtocol",
            "JSONWire", "RedisWire", "PostgresWire", "OpenAIWire", "RTSPWire", "Digests",
            "EtcdProtocol",
        ]
    ),
    (name: "Base", modules: ["SystemIO", "BuildInfo", "Text", "Containers", "Flags"]),
    (
        name: "C",
        modules: [
            "CLinux", "CNghttp2", "CProtobufC", "CAres", "COpenSSL", "CZlib", "CYaml", "CJansson",
            "CNVML", "CProtos", "CDescriptors", "CFirstProcess", "CSlim",
        ]
    ),
]

/// Where a module is.
func path(_ name: String) -> String {
    guard let layer = layers.first(where: { $0.modules.contains(name) }) else {
        fatalError("\(name) is in no layer")
    }
    return "Sources/\(layer.name)/\(name)"
}

/// A module of the small side.
func small(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path(name), swiftSettings: smallSide)
}

/// A module of the engine or a service: ordinary Swift, never linked into the probe.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path(name), swiftSettings: strict)
}

/// What other packages import; what it does not import publicly is no part of its API.
func product(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path(name),
        swiftSettings: strict)
}

/// A module that is on no call's way: built for size.
func cold(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path(name),
        swiftSettings: settings + (shipping ? [.unsafeFlags(["-Osize"])] : []))
}

/// The tests of a module, named after it.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
        swiftSettings: strict)
}

var targets: [Target] = [
    .target(
        name: "CLinux", path: path("CLinux"),
        cSettings: build + (embedded ? [.define("VITALS_EMBEDDED")] : [])),
    .systemLibrary(name: "CNghttp2", path: path("CNghttp2"), pkgConfig: "libnghttp2"),
    .systemLibrary(name: "CProtobufC", path: path("CProtobufC"), pkgConfig: "libprotobuf-c"),
    .systemLibrary(name: "CAres", path: path("CAres"), pkgConfig: "libcares"),
    .systemLibrary(name: "COpenSSL", path: path("COpenSSL"), pkgConfig: "openssl"),
    .systemLibrary(name: "CZlib", path: path("CZlib"), pkgConfig: "zlib"),
    .systemLibrary(name: "CYaml", path: path("CYaml"), pkgConfig: "yaml-0.1"),
    .systemLibrary(name: "CJansson", path: path("CJansson"), pkgConfig: "jansson"),
    .target(name: "CProtos", dependencies: ["CProtobufC"], path: path("CProtos")),
    small("SystemIO", ["CLinux", "CAres"]),
    small("BuildInfo", ["CLinux"]),
    small("Text", []),
    small("Containers", []),
    small("Flags", ["SystemIO", "Text"]),
    .target(
        name: "CSlim", path: path("CSlim"),
        cSettings: (shipping ? [.define("VITALS_SLIM")] : [])
            + (embedded ? [.define("VITALS_EMBEDDED")] : [])),
    small("TLSWire", ["CLinux", "COpenSSL", "CSlim", "SystemIO", "Text"]),
    small("HTTP2Wire", ["CLinux", "CNghttp2"]),
    small("GRPCWire", ["CLinux", "CZlib", "HTTP2Wire", "Text"]),
    small("HTTP1Wire", ["Text"]),
    small("ProtobufWire", ["CProtobufC", "GRPCWire"]),
    small("HealthProtocol", ["CProtobufC", "CProtos", "GRPCWire", "ProtobufWire"]),
    small("Dialer", ["SystemIO"]),
    small("ByteStream", ["SystemIO", "TLSWire"]),
    small(
        "GRPCClient",
        [
            "CLinux", "Text", "SystemIO", "TLSWire", "HTTP2Wire", "GRPCWire", "Dialer",
            "ByteStream",
        ]),
    small("HealthCalls", ["GRPCClient", "GRPCWire", "HealthProtocol"]),
    small(
        "HealthProbe",
        [
            "BuildInfo", "CLinux", "SystemIO", "Flags", "Text", "TLSWire", "HTTP2Wire",
            "GRPCWire", "ProtobufWire", "HealthProtocol", "Dialer", "GRPCClient", "HealthCalls",
        ]),
    .executableTarget(
        name: "grpc_health_probe", dependencies: ["CLinux", "HealthProbe", "SystemIO"],
        path: path("grpc_health_probe"),
        swiftSettings: smallSide,
        linkerSettings: smallLink(
            [
                "-lm", "-Xclang-linker", "-static", "-Xlinker", "--wrap=__tunables_init",
                "-Xlinker", "--wrap=OPENSSL_cpuid_setup",
            ] + probeOrder)),
    .systemLibrary(name: "CNVML", path: path("CNVML")),
    small("NVMLReading", ["CLinux", "CNVML"]),
    // Dynamic: only such a program can load the library of NVIDIA's driver.
    .executableTarget(
        name: "nvml-helper", dependencies: ["CLinux", "NVMLReading"], path: path("nvml-helper"),
        swiftSettings: smallSide,
        linkerSettings: smallLink(["-Xlinker", "--gc-sections", "-Xlinker", "--as-needed"])),
]
/// By the rules of the small side, so that a fuzzer can have them alone.
let parsers: [(name: String, dependencies: [Target.Dependency])] = [
    ("GGUF", ["Text"]), ("Digests", ["COpenSSL", "Text"]), ("RedisWire", []),
    ("PostgresWire", ["Digests", "Text"]), ("RTSPWire", ["Digests", "HTTP1Wire", "Text"]),
]
var dependencies: [Package.Dependency] = []
var products: [Product] = []

if fuzzing {
    for (name, dependencies) in [
        "ArgumentFuzzer": ["HealthProbe", "GRPCClient"], "ClientFuzzer": ["HTTP2Wire", "GRPCWire"],
        "ServerFuzzer": ["HTTP2Wire", "GRPCWire"], "MessageFuzzer": ["GRPCWire"],
        "ProtobufFuzzer": ["HealthProtocol", "ProtobufWire", "GRPCWire"], "GGUFFuzzer": ["GGUF"],
        "HTTP1Fuzzer": ["HTTP1Wire"], "PostgresFuzzer": ["PostgresWire"],
        "RTSPFuzzer": ["HTTP1Wire", "RTSPWire"], "RedisFuzzer": ["RedisWire"],
    ] {
        targets.append(
            .executableTarget(
                name: name,
                dependencies: ["CLibFuzzer"] + dependencies.map { .byName(name: $0) },
                path: "Fuzz/" + name, swiftSettings: smallSide,
                linkerSettings: [.unsafeFlags([fuzzer, "-use-ld=lld"])]))
    }
    targets += parsers.map { small($0.name, $0.dependencies) }
    targets.removeAll { ["grpc_health_probe", "nvml-helper"].contains($0.name) }
    targets.append(.systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"))
} else if !embedded {
    products = [
        "VitalsServer", "VitalsHealth", "VitalsChecks", "VitalsDiscovery", "VitalsClient",
    ].map { .library(name: $0, targets: [$0]) }
    dependencies.append(.package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"))
    dependencies.append(
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.7.0"))
    let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
    let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
    targets += parsers.map { cold($0.name, $0.dependencies, settings: smallSide) }
    targets += [
        cold("Settings", ["CLinux", "CYaml", "Flags", "SystemIO", "Text"]),
        cold("Telemetry", ["CLinux", "Exposition", "SystemIO", "Text", logging, metrics]),
        module("Exposition", ["HTTPRouting", "Text"]),
        cold(
            "Scraping",
            [
                "BuildInfo", "CLinux", "EventLoops", "Exposition", "GRPCTransport", "GRPCWire",
                "HTTP1Wire",
                "HTTP2Wire", "HTTPRouting", "HostMemory", "StatusBoard", "SystemIO",
            ]),
        cold(
            "OTLPExport",
            [
                "BuildInfo", "CLinux", "EventLoops", "Exposition", "Flags", "GRPCClient",
                "GRPCWire",
                "ProtobufWire", "SystemIO", "TLSWire", "Text", logging,
            ]),
        cold("JSONHealth", ["EventLoops", "JSONWire", "StatusBoard", "SystemIO", "Text"]),
        cold("ServiceNotify", ["EventLoops", "SystemIO", "Text", logging]),
        cold("HostMemory", ["CLinux", "StatusBoard", "SystemIO", "Text"]),
        cold("Outbound", ["CLinux", "ByteStream", "Dialer", "EventLoops", "SystemIO", "TLSWire"]),
        module("EventLoops", ["Containers", "SystemIO", "CLinux"]),
        module("HTTPRouting", ["EventLoops", "HTTP1Wire", "SystemIO", "Text"]),
        module(
            "GRPCTransport",
            [
                "CLinux", "Containers", "EventLoops", "GRPCWire", "HTTP1Wire", "HTTP2Wire",
                "HTTPRouting", "SystemIO", "TLSWire", logging,
            ]),
        .target(name: "CDescriptors", path: path("CDescriptors")),
        .target(name: "CFirstProcess", path: path("CFirstProcess")),
        cold(
            "GRPCReflection",
            ["CDescriptors", "EventLoops", "GRPCTransport", "GRPCWire", "ProtobufWire"]),
        cold(
            "GRPCChannelz",
            [
                "Containers", "EventLoops", "GRPCTransport", "GRPCWire", "ProtobufWire",
                "SystemIO", "TLSWire",
            ]),
        module(
            "GRPCHealth",
            [
                "CLinux", "EventLoops", "GRPCTransport", "GRPCWire", "HTTP2Wire", "HealthProtocol",
                "StatusBoard",
            ]),
        cold(
            "StatusPages",
            [
                "EventLoops", "Flags", "HTTP1Wire", "HTTPRouting", "HealthProtocol", "StatusBoard",
                "SystemIO", "Text",
            ]),
        cold(
            "StatusSite",
            [
                "EventLoops", "GRPCTransport", "HTTP1Wire", "HTTPRouting", "HealthProtocol",
                "StatusBoard", "StatusPages", "SystemIO", "Text",
            ]),
        cold(
            "Explaining",
            [
                "CLinux", "EventLoops", "Flags", "HTTP1Wire", "HTTPRouting", "HealthProtocol",
                "StatusBoard", "StatusPages", "SystemIO", "Text",
            ]),
        cold("StatusBoard", ["EventLoops", "HealthProtocol", "SystemIO", "Text", logging]),
        cold("JSONWire", ["CJansson"]),
        cold("OpenAIWire", ["JSONWire", "Text"]),
        tests("OpenAIWire", ["Text"]),
        cold(
            "Models", ["CLinux", "EventLoops", "GGUF", "HostMemory", "SystemIO", "Text", logging]),
        cold(
            "Inference",
            ["Containers", "EventLoops", "GRPCWire", "Models", "ProtobufWire", "SystemIO"]),
        cold(
            "OpenAIBackend",
            [
                "BuildInfo", "EventLoops", "GRPCWire", "HTTP1Wire", "Inference", "JSONWire",
                "OpenAIWire", "Outbound", "Settings",
                "StatusBoard", "SystemIO", "TLSWire", "Text",
            ]),
        cold(
            "SkillServices",
            [
                "BuildInfo", "CProtobufC", "CProtos", "EventLoops", "GRPCHealth", "GRPCTransport",
                "GRPCWire", "HealthProtocol", "HostMemory", "Inference", "Models", "OpenAIBackend",
                "ProtobufWire", "Scraping", "StatusBoard", "SystemIO", logging,
            ]),
        cold(
            "SkillRuntime",
            [
                "BuildInfo", "CLinux", "CheckEngine", "CheckScheduling", "CheckSettings",
                "DiscoverySettings", "Registering", "ServedRegistry",
                "EventLoops", "Explaining", "Exposition", "Flags", "GRPCChannelz", "GRPCHealth",
                "GRPCReflection",
                "GRPCTransport",
                "HTTP1Wire", "HTTP2Wire", "HTTPRouting", "HealthProtocol", "Heartbeats",
                "HostMemory", "Inference", "JSONHealth",
                "Models", "NetworkChecks",
                "OTLPExport", "OpenAIBackend",
                "ServiceNotify", "Settings",
                "SkillServices", "StatusBoard", "StatusPages", "StatusSite", "SystemIO", "TLSWire",
                "Telemetry",
                "Text", logging,
                "Scraping", "GRPCWire", metrics,
            ]),
        product(
            "VitalsServer",
            [
                "CLinux", "EventLoops", "GRPCReflection", "GRPCTransport", "GRPCWire",
                "HTTPRouting", "SystemIO", "TLSWire", logging, "Exposition", "Scraping",
                "Telemetry", metrics,
            ]),
        product(
            "VitalsHealth",
            ["GRPCHealth", "HealthProtocol", "StatusPages", "SystemIO", "VitalsServer"]),
        product(
            "VitalsChecks",
            [
                "CheckEngine", "CheckScheduling", "CheckSettings", "EventLoops", "Flags",
                "GRPCHealth", "HealthProtocol", "HostChecks", "Settings", "StatusBoard",
                "SystemIO", "Text", metrics,
            ]),
        product(
            "VitalsDiscovery",
            [
                "CheckEngine", "CheckScheduling", "DNSRegistry", "DiscoveryClient",
                "DiscoverySettings", "EventLoops", "InstanceChecks", "InstanceRegistry",
                "LocalRegistry",
                "Registering", "StatusBoard", "SystemIO", metrics,
            ]),
        product(
            "VitalsClient",
            ["GRPCClient", "GRPCWire", "HealthCalls", "HealthProbe", "HealthProtocol", "TLSWire"]),
        .executableTarget(
            name: "skill-runtime",
            dependencies: ["SkillRuntime", "Settings", "SystemIO", "CLinux"],
            path: path("skill-runtime"),
            swiftSettings: strict),
        // A server for gRPC's interoperability tests. Nothing that is shipped depends on it.
        .target(name: "CTestProtos", dependencies: ["CProtobufC"], path: "Tests/CTestProtos"),
        .executableTarget(
            name: "interop-server",
            dependencies: [
                "CLinux", "CProtobufC", "CTestProtos", "EventLoops", "GRPCTransport", "HTTP1Wire",
                "HTTPRouting", "ProtobufWire", "SystemIO", "TLSWire", logging,
            ],
            path: "Tests/InteropServer", swiftSettings: strict),
        // Many stores in one process, for Benchmarks/registries.py.
        .executableTarget(
            name: "registry-load",
            dependencies: [
                "CheckScheduling", "EtcdRegistry", "EventLoops", "InstanceRegistry",
                "NetworkChecks", "Outbound", "RedisRegistry", "SystemIO",
            ],
            path: "Tests/RegistryLoad", swiftSettings: strict),
        // What several test targets use: seeded randomness, a scripted HTTP/2 peer.
        .target(
            name: "TestSupport",
            dependencies: [
                "CNghttp2", "CLinux", "EventLoops", "GGUF", "GRPCTransport", "HTTPRouting",
                "SystemIO",
                logging,
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("SystemIO", ["CLinux", "TestSupport"]),
        tests("Text", ["TestSupport"]),
        tests("Containers", ["TestSupport"]),
        tests("Flags", ["Text"]),
        tests("TLSWire", ["COpenSSL", "TestSupport", "Text"]),
        tests("HTTP2Wire", ["TestSupport"]),
        tests("GRPCWire", ["HTTP2Wire", "TestSupport"]),
        tests("HTTP1Wire", ["CLinux", "TestSupport"]),
        tests("ProtobufWire", ["CProtos", "GRPCWire", "TestSupport"]),
        tests("HealthProtocol", ["GRPCWire", "ProtobufWire", "TestSupport"]),
        tests("Dialer", ["SystemIO"]),
        tests("ByteStream", ["CLinux", "SystemIO"]),
        tests(
            "GRPCClient", ["GRPCTransport", "GRPCWire", "HTTP2Wire", "SystemIO", "TestSupport"]),
        tests(
            "HealthProbe", ["BuildInfo", "Flags", "GRPCClient", "GRPCWire", "HealthProtocol"]),
        tests("Settings", ["Flags", "TestSupport"]),
        tests("HTTPRouting", ["EventLoops", "HTTP1Wire"]),
        tests("Telemetry", ["CLinux", "Exposition", logging, metrics]),
        tests("Exposition"),
        tests(
            "Scraping",
            [
                "EventLoops", "Exposition", "GRPCTransport", "GRPCWire", "HTTPRouting",
                "HealthProtocol", "StatusBoard", "SystemIO", "TestSupport",
            ]),
        tests(
            "OTLPExport",
            [
                "EventLoops", "Exposition", "GRPCTransport", "GRPCWire", "ProtobufWire", "SystemIO",
                "TestSupport", logging,
            ]),
        tests("JSONHealth", ["CLinux", "EventLoops", "SystemIO", "TestSupport"]),
        tests("ServiceNotify", ["CLinux", "EventLoops", "SystemIO", "TestSupport", logging]),
        tests("HostMemory", ["SystemIO", "TestSupport"]),
        tests("EventLoops", ["CLinux", "SystemIO", "TestSupport"]),
        tests(
            "GRPCTransport",
            ["EventLoops", "GRPCWire", "HTTP1Wire", "HTTPRouting", "SystemIO", "TestSupport"]),
        tests(
            "GRPCReflection",
            ["EventLoops", "GRPCTransport", "GRPCWire", "ProtobufWire", "TestSupport"]),
        tests(
            "GRPCChannelz",
            ["Containers", "GRPCTransport", "GRPCWire", "ProtobufWire", "SystemIO", "TestSupport"]),
        tests(
            "GRPCHealth",
            [
                "EventLoops", "GRPCTransport", "HTTP2Wire", "HealthProtocol", "ProtobufWire",
                "StatusBoard", "TestSupport",
            ]),
        tests(
            "StatusPages",
            ["EventLoops", "HTTP1Wire", "HTTPRouting", "HealthProtocol", "StatusBoard", "SystemIO"]),
        tests(
            "StatusSite",
            [
                "EventLoops", "HTTP1Wire", "HTTPRouting", "HealthProtocol", "StatusBoard",
                "StatusPages", "SystemIO",
            ]),
        tests(
            "Explaining",
            [
                "CLinux", "EventLoops", "HTTP1Wire", "HTTPRouting", "HealthProtocol", "StatusBoard",
                "StatusPages", "SystemIO", "TestSupport",
            ]),
        tests("StatusBoard", ["EventLoops", "HealthProtocol", "SystemIO", "TestSupport"]),
        tests("GGUF", ["TestSupport"]),
        tests("Models", ["GGUF", "HostMemory", "SystemIO", "TestSupport"]),
        tests("Inference", ["EventLoops", "GRPCWire", "ProtobufWire", "SystemIO", "TestSupport"]),
        tests("OpenAIBackend", ["GRPCWire", "Inference", "SystemIO", "TestSupport"]),
        tests(
            "SkillServices",
            [
                "EventLoops", "GGUF", "GRPCHealth", "GRPCWire", "HealthProtocol", "Inference",
                "Models", "StatusBoard", "SystemIO", "TestSupport", logging,
            ]),
        tests(
            "SkillRuntime",
            [
                "EventLoops", "Exposition", "GGUF", "HTTP1Wire", "HTTPRouting", "Models",
                "Settings", "SkillServices",
                "StatusBoard", "SystemIO",
                "TestSupport",
            ]),
        tests(
            "VitalsServer",
            [
                "SystemIO", "TLSWire", "TestSupport", "VitalsClient", "VitalsHealth", logging,
                metrics,
            ]),
    ]
    // What runs other programs.
    targets += [
        cold("ChildProcesses", ["CLinux", "EventLoops", "SystemIO"]),
        cold(
            "Supervision",
            ["CLinux", "ChildProcesses", "EventLoops", "HostMemory", "SystemIO"]),
        tests("ChildProcesses", ["CLinux", "EventLoops", "SystemIO", "TestSupport"]),
        tests("Supervision", ["CLinux", "ChildProcesses", "SystemIO", "TestSupport"]),
    ]
    // The checks, each module with its tests.
    targets += [
        tests("VitalsChecks", ["SystemIO", "TestSupport", "VitalsHealth", metrics]),
        tests("PostgresWire", ["TestSupport"]),
        tests("RedisWire", ["TestSupport"]),
        tests("RTSPWire", ["HTTP1Wire", "TestSupport"]),
        cold("CheckEngine", ["Containers", "StatusBoard", "SystemIO"]),
        tests("CheckEngine", ["StatusBoard", "SystemIO", "TestSupport"]),
        cold(
            "CheckScheduling",
            [
                "CheckEngine", "EventLoops", "HealthProtocol", "Outbound", "StatusBoard",
                "SystemIO",
                "Text",
            ]),
        tests(
            "CheckScheduling",
            [
                "CheckEngine", "EventLoops", "HealthProtocol", "StatusBoard", "SystemIO",
                "TestSupport",
            ]),
        cold(
            "NetworkChecks",
            [
                "BuildInfo", "CheckEngine", "CheckScheduling", "EventLoops", "Exposition", "Flags",
                "GRPCClient", "GRPCWire", "HTTP1Wire", "HealthCalls", "HealthProtocol", "JSONWire",
                "OpenAIWire", "Outbound", "PostgresWire", "RTSPWire", "RedisWire", "StatusBoard",
                "SystemIO",
                "TLSWire",
                "Text",
            ]),
        cold(
            "HostChecks",
            [
                "CLinux", "CheckEngine", "CheckScheduling", "ChildProcesses", "EventLoops",
                "Flags", "HostMemory",
                "StatusBoard", "SystemIO", "Text",
            ]),
        tests(
            "HostChecks",
            [
                "CLinux", "CheckEngine", "CheckScheduling", "ChildProcesses", "EventLoops",
                "StatusBoard", "SystemIO", "TestSupport",
            ]),
        cold(
            "GPUChecks",
            [
                "CLinux", "CheckEngine", "CheckScheduling", "ChildProcesses", "EventLoops", "Flags",
                "HostChecks", "StatusBoard", "SystemIO", "Text",
            ]),
        tests(
            "GPUChecks",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "StatusBoard", "SystemIO",
                "TestSupport",
            ]),
        cold(
            "Heartbeats",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "Flags", "HTTP1Wire",
                "HTTPRouting", "JSONHealth", "JSONWire", "StatusBoard", "SystemIO", "Text",
            ]),
        tests(
            "Heartbeats",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "HTTP1Wire", "HTTPRouting",
                "StatusBoard", "SystemIO", "TestSupport",
            ]),
        cold(
            "CheckSettings",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "Flags", "GPUChecks", "Heartbeats",
                "HostChecks", "NetworkChecks", "QueueChecks", "Settings", "StatusBoard", "Text",
                logging,
            ]),
        cold("InstanceRegistry", ["SystemIO", "Text"]),
        tests("InstanceRegistry"),
        cold("LocalRegistry", ["EventLoops", "InstanceDocuments", "InstanceRegistry", "SystemIO"]),
        tests(
            "LocalRegistry",
            [
                "EventLoops", "InstanceDocuments", "InstanceRegistry", "StoreConformance",
                "SystemIO",
                "TestSupport",
            ]),
        cold("DiscoveryClient", ["EventLoops", "InstanceRegistry", "SystemIO"]),
        tests(
            "DiscoveryClient",
            ["EventLoops", "InstanceRegistry", "LocalRegistry", "SystemIO", "TestSupport"]),
        cold(
            "RegistryCalls",
            ["EventLoops", "HTTP1Wire", "InstanceRegistry", "Outbound", "SystemIO"]),
        cold("InstanceDocuments", ["InstanceRegistry", "JSONWire", "Text"]),
        tests("InstanceDocuments", ["InstanceRegistry"]),
        cold(
            "ServedRegistry",
            [
                "Containers", "EventLoops", "Exposition", "Flags", "HTTP1Wire", "HTTPRouting",
                "InstanceDocuments", "InstanceRegistry", "LocalRegistry", "StatusPages",
                "SystemIO", "Text",
            ]),
        tests(
            "ServedRegistry",
            [
                "EventLoops", "Exposition", "HTTP1Wire", "HTTPRouting", "InstanceRegistry",
                "LocalRegistry", "SystemIO", "TestSupport",
            ]),
        cold(
            "HTTPRegistry",
            [
                "BuildInfo", "CheckScheduling", "EventLoops", "HTTP1Wire", "InstanceDocuments",
                "InstanceRegistry", "JSONWire", "NetworkChecks", "Outbound", "RegistryCalls",
                "SystemIO", "TLSWire", "Text",
            ]),
        tests(
            "HTTPRegistry",
            [
                "CLinux", "CheckScheduling", "DiscoveryClient", "EventLoops", "GRPCTransport",
                "HTTP1Wire", "HTTPRouting", "InstanceRegistry", "LocalRegistry", "ServedRegistry",
                "StoreConformance", "SystemIO", "TestSupport",
            ]),
        // What each store does, for the tests of each.
        .target(
            name: "StoreConformance",
            dependencies: ["EventLoops", "InstanceRegistry", "SystemIO", "TestSupport"],
            path: "Tests/StoreConformance", swiftSettings: strict),
        cold(
            "InstanceChecks",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "InstanceRegistry",
                "NetworkChecks", "StatusBoard", "SystemIO",
            ]),
        tests(
            "InstanceChecks",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "GRPCHealth", "HealthProtocol",
                "InstanceRegistry", "Outbound", "StatusBoard", "SystemIO", "TestSupport",
            ]),
        cold("EtcdProtocol", ["GRPCWire", "ProtobufWire"]),
        tests("EtcdProtocol", ["GRPCWire", "ProtobufWire", "TestSupport"]),
        cold(
            "OutboundCalls",
            ["EventLoops", "GRPCClient", "GRPCWire", "Outbound", "SystemIO"]),
        tests(
            "OutboundCalls",
            [
                "EventLoops", "GRPCClient", "GRPCTransport", "GRPCWire", "Outbound", "SystemIO",
                "TestSupport",
            ]),
        cold(
            "EtcdRegistry",
            [
                "CheckScheduling", "NetworkChecks", "EtcdProtocol", "EventLoops", "GRPCClient",
                "GRPCWire", "InstanceRegistry",
                "JSONWire", "Outbound", "OutboundCalls", "SystemIO", "TLSWire", "Text",
            ]),
        tests(
            "EtcdRegistry",
            [
                "CLinux", "EventLoops", "InstanceRegistry", "Outbound", "StoreConformance",
                "SystemIO", "TestSupport", "Text",
            ]),
        cold(
            "DiscoverySettings",
            [
                "CheckScheduling", "ConsulRegistry", "EtcdRegistry", "EventLoops", "Flags",
                "HTTPRegistry", "InstanceRegistry", "NetworkChecks", "Outbound", "RedisRegistry",
                "Registering", "ServedRegistry", "Settings", "StatusBoard", "SystemIO", "Text",
                logging,
            ]),
        tests(
            "DiscoverySettings",
            [
                "CLinux", "EventLoops", "Flags", "InstanceRegistry", "Settings", "StatusBoard",
                "TestSupport", "Text",
            ]),
        cold(
            "DNSRegistry",
            ["CheckScheduling", "EventLoops", "InstanceRegistry", "SystemIO", "Text"]),
        tests(
            "DNSRegistry",
            [
                "CLinux", "CheckScheduling", "EventLoops", "InstanceRegistry", "SystemIO",
                "TestSupport",
            ]),
        tests(
            "VitalsDiscovery",
            [
                "CheckScheduling", "Exposition", "GRPCHealth", "HealthProtocol", "SystemIO",
                "Telemetry",
                "TestSupport",
            ]),
        cold(
            "Registering",
            [
                "CheckEngine", "EventLoops", "Exposition", "HealthProtocol", "InstanceRegistry",
                "Scraping", "StatusBoard", "StatusSite", "SystemIO", logging,
            ]),
        tests(
            "Registering",
            [
                "CheckEngine", "EventLoops", "InstanceRegistry", "StatusBoard", "SystemIO",
                "TestSupport",
                logging,
            ]),
        cold(
            "ConsulRegistry",
            [
                "BuildInfo", "CheckScheduling", "EventLoops", "HTTP1Wire", "InstanceRegistry",
                "JSONWire", "NetworkChecks", "Outbound", "RegistryCalls", "SystemIO", "TLSWire",
                "Text",
            ]),
        tests(
            "ConsulRegistry",
            [
                "CLinux", "CheckScheduling", "EventLoops", "InstanceRegistry", "StoreConformance",
                "SystemIO", "TestSupport",
            ]),
        cold(
            "RedisRegistry",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "InstanceRegistry", "JSONWire",
                "NetworkChecks", "Outbound", "RedisWire", "SystemIO", "TLSWire", "Text",
            ]),
        tests(
            "RedisRegistry",
            [
                "CLinux", "CheckScheduling", "EventLoops", "InstanceRegistry", "NetworkChecks",
                "RedisWire", "StoreConformance", "SystemIO", "TestSupport",
            ]),
        cold(
            "QueueChecks",
            [
                "CheckEngine", "CheckScheduling", "Flags", "HostChecks", "NetworkChecks",
                "RedisWire", "StatusBoard", "SystemIO", "Text",
            ]),
        tests(
            "QueueChecks",
            ["CheckEngine", "CheckScheduling", "RedisWire", "StatusBoard", "SystemIO"]),
        tests("CheckSettings", ["CheckEngine", "CheckScheduling", "Flags", "Settings"]),
        cold(
            "OneShotChecks",
            [
                "CheckEngine", "CheckScheduling", "CheckSettings", "EventLoops", "StatusBoard",
                "SystemIO",
            ]),
        cold(
            "HealthcheckCommand",
            [
                "BuildInfo", "CLinux", "CheckEngine", "CheckScheduling", "CheckSettings",
                "Explaining", "Flags", "HealthWrapper", "NetworkChecks", "OneShotChecks",
                "Settings", "StatusBoard", "SystemIO", "Text", "WrapperStatus",
            ]),
        cold(
            "WrapperStatus", ["CLinux", "JSONWire", "Outbound", "StatusBoard", "SystemIO"]),
        tests("WrapperStatus", ["StatusBoard"]),
        cold(
            "HealthWrapper",
            [
                "BuildInfo", "CLinux", "CheckEngine", "CheckScheduling", "CheckSettings",
                "ChildProcesses", "DiscoverySettings", "Registering", "ServedRegistry",
                "EventLoops",
                "Explaining",
                "Exposition", "Flags", "GRPCHealth",
                "GRPCReflection", "GRPCTransport", "HTTP1Wire", "HTTP2Wire", "HTTPRouting",
                "HealthProtocol", "Heartbeats",
                "HostMemory", "JSONHealth", "NetworkChecks", "Outbound", "Scraping",
                "ServiceNotify", "Settings", "StatusBoard", "StatusPages", "StatusSite",
                "Supervision", "SystemIO", "Telemetry", "Text", "WrapperStatus", logging,
            ]),
        tests(
            "HealthWrapper",
            [
                "CheckEngine", "CheckSettings", "Exposition", "HealthProtocol", "Settings",
                "StatusBoard", "Supervision",
                "SystemIO",
            ]),
        tests(
            "HealthcheckCommand",
            [
                "CheckEngine", "CheckScheduling", "CheckSettings", "OneShotChecks", "Settings",
                "StatusBoard",
            ]),
        .executableTarget(
            name: "healthcheck",
            dependencies: [
                "CFirstProcess", "CLinux", "HealthWrapper", "HealthcheckCommand", "SystemIO",
            ],
            path: path("healthcheck"), swiftSettings: strict),
        tests(
            "NetworkChecks",
            [
                "CheckEngine", "CheckScheduling", "EventLoops", "GRPCClient", "GRPCHealth",
                "GRPCTransport", "HealthProtocol", "StatusBoard", "SystemIO", "TestSupport",
            ]),
    ]
}

let package = Package(
    name: "vitals", products: products, dependencies: dependencies, targets: targets,
    swiftLanguageModes: [.v6])
