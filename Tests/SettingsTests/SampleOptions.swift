// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import Foundation

@testable import Settings

/// Options with a setting of each type.
struct SampleOptions: Equatable {
    enum Mode: String, CaseIterable { case off, quick, thorough }

    var name = ""
    var port: UInt16 = 80
    var isLoud = false
    var grace = Duration.seconds(10)
    var memory: Int64 = 100 << 20
    var mode = Mode.off
    var kind: Mode?
    var certificate = ""
    var key = ""
    var peers: [String] = []
    var roots: [String] = ["/a", "/b"]
    var password = Secret.none

    static var table: SettingTable<SampleOptions> {
        SettingTable(
            program: "sample", variablePrefix: "VITALS_", defaults: SampleOptions(),
            groups: [
                SettingGroup(
                    "Usual ones",
                    [
                        .value("name", \.name, .text, "the name", variable: "OLD_NAME"),
                        .value("port", \.port, .integer(in: 1...65_535), "the port"),
                        .value("loud", \.isLoud, .boolean, "say more"),
                        .value("grace", \.grace, .positiveDuration, "how long"),
                    ]),
                SettingGroup("Limits of memory", limits, isRare: true),
                SettingGroup("The rest", others),
            ],
            problems: {
                $0.certificate.isEmpty == $0.key.isEmpty
                    ? []
                    : [
                        SettingProblem(
                            "--tls-cert and --tls-key need each other", about: "tls-cert", "tls-key"
                        )
                    ]
            },
            completed: { options in
                var options = options
                if options.name.isEmpty { options.name = "port-\(options.port)" }
                return options
            })
    }

    private static var limits: [Setting<SampleOptions>] {
        [.value("min-memory", \.memory, .size(in: 0...1 << 40), "how much")]
    }

    private static var others: [Setting<SampleOptions>] {
        [
            .value("mode", \.mode, .choice("mode"), "which way"),
            .value("kind", \.kind, .optional(.choice("kind")), "of which sort", default: "any"),
            .value("tls-cert", \.certificate, .path, "the certificate"),
            .value("tls-key", \.key, .path, "its key"),
            .list("peer", \.peers, .text, "one of the peers"),
            .list("root", \.roots, .path, "one of the roots"),
            .secret("password", \.password, "file of the password", variable: "PASS"),
        ]
    }

    /// Reads arguments, environment and a file with this text.
    static func read(
        _ arguments: [String] = [], _ environment: [String: String] = [:], file: String? = nil
    ) throws -> SettingReading<SampleOptions> {
        guard let file else { return table.read(arguments: arguments, environment: environment) }
        return try withFile(file) { path in
            table.read(arguments: arguments + ["--config", path], environment: environment)
        }
    }
}

extension SettingReading<SampleOptions> {
    /// The problems, with the folder of the file left out.
    var shortProblems: [String] {
        problems.map { problem in
            guard let range = problem.range(of: "sample.yaml") else { return problem }
            return "F" + problem[range.upperBound...]
        }
    }
}

/// Calls `body` with the path of a file that holds `text`, and removes the file.
func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "sample.yaml")
    try Data(text.utf8).write(to: file)
    return try body(file.path)
}
