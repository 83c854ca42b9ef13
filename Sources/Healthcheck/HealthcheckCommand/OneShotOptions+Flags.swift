// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import Flags
import Settings
import Text

extension OneShotOptions {
    /// Reads the arguments that follow the program's name. All that is wrong is told at once.
    init(arguments: [String]) throws(CommandRefusal) {
        self.init()
        try CommandFlags.parse(arguments, Self.flags, into: &self, hiding: Self.kinds + ["check"])
        var problems = file.map { takeChecks(ofFile: $0) } ?? []
        if problems.isEmpty, checks.isEmpty {
            problems.append(
                "nothing to check: use --http URL, --tcp HOST:PORT and the like (see --help)")
        }
        if !problems.isEmpty { throw CommandRefusal(problems: problems) }
    }

    /// Kinds with a flag of their own.
    private static var kinds: [String] { ["http", "tcp", "redis", "postgres", "grpc"] }

    /// What a flag of a kind asks for, beside its target: an answer of HTTP is judged as `curl -f` does.
    private static func usual(of kind: String) -> (name: String, value: String)? {
        kind == "http" ? ("status", "200-399") : nil
    }

    /// All flags.
    static var flags: FlagTable<OneShotOptions> {
        FlagTable(
            program: "healthcheck",
            flags: [
                target("http", "URL", "a GET is answered with 2xx or 3xx"),
                target("tcp", "HOST:PORT", "a connection is accepted"),
                target(
                    "redis", "URL",
                    "redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss://: Redis works"),
                target(
                    "postgres", "URL",
                    "postgres://USER:PASSWORD@HOST[:PORT]/DB[?sslmode=MODE]: PostgreSQL works"),
                target("grpc", "HOST:PORT[/NAME]", "the health service says SERVING"),
                .value(
                    "check", word: "KIND:TARGET[,OPTION=VALUE]",
                    "any kind of check, with its options",
                    apply: { (options, line) throws(FlagValueError) in
                        options.checks.append(try CheckSetting(oneShot: line, .once))
                    }),
                .string("config", word: "FILE", "run the checks of this YAML file") {
                    $0.file = $1
                },
                CommandFlags.timeout("for all checks together") { $0.timeout = $1 },
                .boolean("json", "print one JSON document") { $0.printsJSON = $1 },
                CommandFlags.degraded { $0.refusesDegraded = $1 },
                CommandFlags.exitProfile(),
            ])
    }

    private static func target(
        _ kind: String, _ word: String, _ help: String
    ) -> Flag<OneShotOptions> {
        .value(
            kind, word: word, help,
            apply: { (options, target) throws(FlagValueError) in
                options.checks.append(
                    try CheckSetting(
                        oneShot: kind, target: target, usual(of: kind), .once))
            })
    }
}
