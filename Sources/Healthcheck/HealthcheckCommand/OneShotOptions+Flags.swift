// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckSettings
import Flags
import Settings
import Text

extension OneShotOptions {
    /// Reads the arguments that follow the program's name. All that is wrong is told at once.
    init(arguments: [String]) throws(OneShotRefusal) {
        self.init()
        var rest = arguments[...]
        var problems: [String] = []
        let flags = Self.flags
        while true {
            do throws(FlagError) {
                try flags.parse(&rest, into: &self)
                break
            } catch {
                problems.append(Self.text(error, flags))
                if case .notDefined = error, rest.first?.hasPrefix("-") == false {
                    // Its value, most likely: not a mistake of its own.
                    rest.removeFirst()
                }
            }
        }
        if let stray = rest.first {
            let shown = PrintableText.quoted(PrintableText.prefix(of: stray, bytes: 100))
            problems.append(
                "unexpected argument \(shown): each check has its own flag (see --help)")
        }
        if problems.isEmpty, let file { problems += takeChecks(ofFile: file) }
        if problems.isEmpty { problems += checks.problems.map(\.text) }
        if problems.isEmpty, checks.isEmpty {
            problems.append(
                "nothing to check: use --http URL, --tcp HOST:PORT and the like (see --help)")
        }
        if !problems.isEmpty { throw OneShotRefusal(problems: problems) }
    }

    /// All flags.
    static var flags: FlagTable<OneShotOptions> {
        FlagTable(
            program: "healthcheck",
            flags: [
                target("http", "URL", "it answers with 2xx or 3xx: http://localhost:8080/health"),
                target("tcp", "HOST:PORT", "it accepts a connection"),
                target("redis", "URL", "redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss://"),
                target("postgres", "URL", "postgres://USER:PASSWORD@HOST[:PORT]/DB[?sslmode=MODE]"),
                target("grpc", "HOST:PORT[/NAME]", "its health service says SERVING"),
                .value(
                    "check", word: "KIND:TARGET[,OPTION=VALUE]",
                    "any kind of check with its options: \(CheckKinds.all.names)",
                    apply: { (options, line) throws(FlagValueError) in
                        options.checks.append(try CheckSetting(line: line, .all))
                    }),
                .string("config", word: "FILE", "run the checks of this YAML file") {
                    $0.file = $1
                },
                .value(
                    "timeout", word: "DURATION", default: "5s", "for all checks together",
                    apply: { (options, text) throws(FlagValueError) in
                        options.timeout = try timeout(text)
                    }),
                .boolean("json", "print one JSON document") { $0.printsJSON = $1 },
                .boolean("degraded-is-unhealthy", "exit with 1 for what is degraded as well") {
                    $0.refusesDegraded = $1
                },
            ])
    }

    private static func target(
        _ kind: String, _ word: String, _ help: String
    ) -> Flag<OneShotOptions> {
        .value(
            kind, word: word, help,
            apply: { (options, target) throws(FlagValueError) in
                options.checks.append(try CheckSetting(kind: kind, target: target, .all))
            })
    }

    private static func timeout(_ text: String) throws(FlagValueError) -> Duration {
        let value = try FlagValue.duration(text)
        guard value > .zero, value <= .seconds(3600) else {
            throw FlagValueError("out of range: use a duration up to 1h, such as 5s")
        }
        return value
    }

    /// A value that is refused may hold a password: only those of flags without a target are shown.
    private static func text(_ error: FlagError, _ flags: FlagTable<OneShotOptions>) -> String {
        switch error {
        case .notDefined(let name):
            let nearest = flags.nearest(to: name).map { ": did you mean --\($0)?" }
            return error.settingText + (nearest ?? " (see --help)")
        case .invalidValue(_, let name, let reason, _) where name != "timeout":
            return "--\(name): \(reason)"
        default: return error.settingText + " (see --help)"
        }
    }
}
