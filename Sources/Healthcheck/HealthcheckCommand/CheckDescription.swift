// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import CheckSettings
import Flags
import Text

/// What a check would do, for a person: when it runs, what follows from its results, and what it needs at its target.
struct CheckDescription {
    private let check: CheckSetting

    init(_ check: CheckSetting) { self.check = check }

    /// A line each, without secrets.
    var text: String {
        let (definition, timing) = (check.definition, check.definition.timing)
        var lines = [
            CheckTitle.text(
                name: definition.name, kind: check.kindName, target: check.kind.targetText)
        ]
        if check.kindName == "heartbeat" {
            lines.append(
                "is reported, and runs nothing; it is looked at each \(timing.interval.goText)")
        } else {
            lines += [
                "runs each \(timing.interval.goText), for \(timing.timeout.goText) at most; once, as healthcheck --check, within --timeout",
                "is unhealthy after \(timing.fall) bad results in a row (fall), healthy after \(timing.rise) good ones (rise)",
                "finds a target that hangs within \(timing.worstDetection.goText)",
            ]
        }
        lines.append(effect(definition))
        if !definition.needs.isEmpty {
            lines.append(
                "is unknown, and not unhealthy, while one of these is down: "
                    + definition.needs.joined(separator: ", "))
        }
        lines.append("needs: \(Self.needs(check.kindName))")
        lines += check.warnings
        return lines.enumerated().map { index, line in
            (index == 0 ? "" : "  ") + PrintableText.escaped(line, limit: 1000) + "\n"
        }.joined()
    }

    private func effect(_ definition: CheckDefinition) -> String {
        if definition.isDry { return "decides nothing (dry)" }
        let groups = definition.groups.joined(separator: ", ")
        return definition.isCritical
            ? "decides \(groups) alone (critical)"
            : "counts for \(groups) with weight \(definition.weight)"
    }

    /// What has to be there for a check of a kind, beside the target itself.
    static func needs(_ kind: String) -> String {
        switch kind {
        case "disk": "the file system, mounted here; no rights beyond search of the path"
        case "dns": "a name server that answers this container (/etc/resolv.conf, or dns-server)"
        case "exec": "the program in this container, and the right to run it"
        case "file":
            "the right to search the folder of the file; to read it, where its text is judged"
        case "gpu": "NVIDIA's driver, and nvml-helper beside healthcheck or by helper"
        case "grpc": "a server with grpc.health.v1.Health/Check; no rights"
        case "heartbeat":
            "a worker that reports at the status socket, at --admin, or with the token at the port"
        case "http":
            "a page that answers a GET without effects; with TLS the authority of its certificate"
        case "llm":
            "an endpoint as OpenAI's; a completion costs tokens, and its key needs the right to ask for one"
        case "memory", "system": "/proc, and /sys/fs/cgroup for the limits of the container"
        case "postgres":
            "a user with the right to connect (LOGIN, and CONNECT to the database); more only for a query of your own"
        case "process": "/proc of the PID namespace in which it runs"
        case "queue":
            "the rights of what tells its length: with Redis +llen, +xlen and the like on the key"
        case "redis": "a user with +ping; +info and +role, where memory or replication are judged"
        case "rtsp": "the right to play the stream, where it asks for a user"
        case "tcp":
            "a port that accepts connections; it is closed at once, and servers may log that"
        default: "see docs/checks.md"
        }
    }
}
