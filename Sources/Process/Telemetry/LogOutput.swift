// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Logging
import SystemIO
import Text

/// Where log lines go: standard error, as text for a terminal and as one JSON object a line for anything else. It does
/// not block; see ``LogSink``.
package struct LogOutput: LogHandler {
    /// The form of a line.
    package enum Format: Sendable { case text, json }

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let format: Format
    private let sink: LogSink

    /// Lines of `level` and above, written to `descriptor`.
    package init(level: Logger.Level, format: Format, descriptor: CInt = STDERR_FILENO) {
        self.logLevel = level
        self.format = format
        self.sink = LogSink(descriptor)
    }

    /// The form that suits `descriptor`.
    package static func format(for descriptor: CInt = STDERR_FILENO) -> Format {
        isatty(descriptor) == 1 ? .text : .json
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Lines that were lost since the start.
    package var lostLineCount: Int { sink.totalLost }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        sink.write(line(event.level, "\(event.message)", fields)) { count in
            line(.warning, "log lines were lost", [("count", .stringConvertible(count))])
        }
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: Fields) -> String {
        let time = Timestamp.now().text
        return switch format {
        case .text: Self.text(time, level, message, fields) + "\n"
        case .json: Self.json(time, level, message, fields) + "\n"
        }
    }

    typealias Fields = [(key: String, value: Logger.MetadataValue)]

    static func text(
        _ time: String, _ level: Logger.Level, _ message: String, _ fields: Fields
    ) -> String {
        let message = PrintableText.escaped(message, limit: .max)
        var line = "\(time) \(level.rawValue.uppercased()) \(message)"
        for (key, value) in fields { line += " \(key)=\(json(value))" }
        return line
    }

    static func json(
        _ time: String, _ level: Logger.Level, _ message: String, _ fields: Fields
    ) -> String {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\""
        line += ",\"message\":\(PrintableText.quoted(message, .json))"
        for (key, value) in fields {
            line += ",\(PrintableText.quoted(key, .json)):\(json(value))"
        }
        return line + "}"
    }

    /// Numbers and truth values as JSON has them, everything else as text.
    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): PrintableText.quoted(text, .json)
        case .stringConvertible(let value) where isUsual(type(of: value)): value.description
        case .stringConvertible(let value as any BinaryInteger): "\(value)"
        case .stringConvertible(let value as Double) where value.isFinite: "\(value)"
        case .stringConvertible(let value as Bool): "\(value)"
        case .stringConvertible(let value): PrintableText.quoted("\(value)", .json)
        case .array(let values): "[" + values.map { json($0) }.joined(separator: ",") + "]"
        case .dictionary(let fields):
            "{"
                + fields.sorted { $0.key < $1.key }
                .map { "\(PrintableText.quoted($0.key, .json)):\(json($0.value))" }.joined(
                    separator: ",")
                + "}"
        }
    }

    /// A number or a truth value as most are. Casts look through all conformances of the process when they meet a type for the
    /// first time: those of the first lines were a fiftieth of what a start costs.
    private static func isUsual(_ type: Any.Type) -> Bool {
        type == Int.self || type == Bool.self || type == UInt64.self
    }
}
