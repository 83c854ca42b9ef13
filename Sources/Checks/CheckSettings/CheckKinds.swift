// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import GPUChecks
import HostChecks
import NetworkChecks
import QueueChecks
import Text

/// The kinds of checks that a program knows, by name.
package struct CheckKinds: Sendable {
    /// Makes a check of a kind from its target, nil when there is none, and its options.
    package typealias Make =
        @Sendable (_ target: String?, _ options: CheckOptions) throws(CheckOptionError) ->
        any CheckKind

    private var makers: [String: Make]

    /// The kinds of these names.
    package init(_ makers: [String: Make]) { self.makers = makers }

    /// All kinds.
    package static let all = CheckKinds([
        "disk": { (target, options) throws(CheckOptionError) in
            try DiskCheck(try required(target), options)
        },
        "dns": { (target, options) throws(CheckOptionError) in
            try DNSCheck(try required(target), options)
        },
        "exec": { (target, options) throws(CheckOptionError) in try ExecCheck(target, options) },
        "file": { (target, options) throws(CheckOptionError) in
            try FileCheck(try required(target), options)
        },
        "gpu": { (target, options) throws(CheckOptionError) in try GPUCheck(target, options) },
        "grpc": { (target, options) throws(CheckOptionError) in
            try GRPCCheck(try required(target), options)
        },
        "http": { (target, options) throws(CheckOptionError) in
            try HTTPCheck(try required(target), options)
        },
        "llm": { (target, options) throws(CheckOptionError) in
            try LLMCheck(try required(target), options)
        },
        "memory": { (target, options) throws(CheckOptionError) in
            try MemoryCheck(target, options)
        },
        "postgres": { (target, options) throws(CheckOptionError) in
            try PostgresCheck(try required(target), options)
        },
        "process": { (target, options) throws(CheckOptionError) in
            try ProcessCheck(try required(target), options)
        },
        "queue": { (target, options) throws(CheckOptionError) in
            try QueueCheck(target, options)
        },
        "redis": { (target, options) throws(CheckOptionError) in
            try RedisCheck(try required(target), options)
        },
        "rtsp": { (target, options) throws(CheckOptionError) in
            try RTSPCheck(try required(target), options)
        },
        "system": { (target, options) throws(CheckOptionError) in
            try SystemCheck(target, options)
        },
        "tcp": { (target, options) throws(CheckOptionError) in
            try TCPCheck(try required(target), options)
        },
    ])

    /// The names, for people.
    package var names: String { makers.keys.sorted().joined(separator: ", ") }

    func make(
        _ name: String, _ target: String?, _ options: CheckOptions
    ) throws(CheckOptionError) -> any CheckKind {
        guard let make = makers[name] else {
            let shown = PrintableText.quoted(PrintableText.prefix(of: name, bytes: 40))
            throw CheckOptionError("kind", "\(shown) is unknown: use one of \(names)")
        }
        return try make(target, options)
    }

    private static func required(_ target: String?) throws(CheckOptionError) -> String {
        guard let target else { throw CheckOptionError("target", "is missing") }
        return target
    }
}
