// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The kinds. `docs/checks.md` says what each of them judges, its options and their defaults.
extension HealthCheck {
    /// Healthy when `HOST:PORT` accepts a connection.
    public static func tcp(
        _ target: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("tcp", target, options) }

    /// A response of a URL, by its status, its body and its certificate.
    public static func http(
        _ url: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("http", url, options) }

    /// The health service of another gRPC server: `HOST:PORT[/NAME]`, or `grpcs://HOST:PORT[/NAME]` for TLS.
    public static func grpc(
        _ target: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("grpc", target, options) }

    /// A Redis server: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
    public static func redis(
        _ url: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("redis", url, options) }

    /// A PostgreSQL server: `postgres://USER[:PASSWORD]@HOST[:PORT][/DATABASE][?sslmode=MODE]`.
    public static func postgres(
        _ url: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("postgres", url, options) }

    /// A server with OpenAI's API, by the URL of its API.
    public static func llm(
        _ url: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("llm", url, options) }

    /// A program, by its exit status: 0 is healthy, 1 degraded, any other unhealthy.
    public static func exec(
        _ program: String, arguments: [String] = [], _ options: Option...
    ) throws(CheckError) -> HealthCheck {
        try HealthCheck("exec", nil, [Option("command", [program] + arguments)] + options)
    }

    /// A file, by its age, size and content.
    public static func file(
        _ path: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("file", path, options) }

    /// What is used of the file system that a path is on.
    public static func disk(
        _ path: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("disk", path, options) }

    /// Whether a process runs: its name, or the path of a file with its number.
    public static func process(
        _ nameOrPath: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("process", nameOrPath, options) }

    /// What is used of the memory of this container, or of the machine.
    public static func memory(_ options: Option...) throws(CheckError) -> HealthCheck {
        try HealthCheck("memory", nil, options)
    }

    /// CPU, memory and disk of this machine together.
    public static func system(_ options: Option...) throws(CheckError) -> HealthCheck {
        try HealthCheck("system", nil, options)
    }

    /// Whether a name has an address.
    public static func dns(
        _ name: String, _ options: Option...
    ) throws(CheckError) -> HealthCheck { try HealthCheck("dns", name, options) }
}
