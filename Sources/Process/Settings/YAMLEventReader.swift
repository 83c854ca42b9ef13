// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CYaml

/// Why a text is not YAML, and where.
struct YAMLSyntaxError: Error {
    let place: FilePlace
    let text: String
}

/// Reads a YAML text piece by piece with libyaml; nothing is built, and an alias is not followed.
struct YAMLEventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    /// Lists and mappings that are open.
    private var depth = 0

    /// Far more than settings need. libyaml takes quadratic time beyond: 5 s for 60,000 brackets.
    static let maxDepth = 32

    /// A reader of `bytes`, which are UTF-8; nil when there is no memory for it.
    init?(_ bytes: [UInt8]) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        self.parser = parser
        // libyaml keeps the pointer: the bytes must stay where they are.
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next piece. After ``YAMLEvent/Kind/streamEnd`` or an error there is none.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { yaml_event_delete(&event) }
        let result = YAMLEvent(event)
        switch result.kind {
        case .sequenceStart, .mappingStart: depth += 1
        case .sequenceEnd, .mappingEnd: depth -= 1
        default: break
        }
        guard depth <= Self.maxDepth else {
            throw YAMLSyntaxError(place: result.place, text: "more than \(Self.maxDepth) levels")
        }
        return result
    }

    private var failure: YAMLSyntaxError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "out of memory"
        if state.error == YAML_READER_ERROR {
            // The bytes themselves are bad: libyaml then knows the offset and no mark.
            return YAMLSyntaxError(place: place(ofByte: state.problem_offset), text: problem)
        }
        let context = state.context.map { " " + String(cString: $0) } ?? ""
        return YAMLSyntaxError(
            place: FilePlace(state.problem_mark),
            text: problem + context + Self.advice(on: state.problem))
    }

    /// What to do about the most common mistakes.
    private static func advice(on problem: UnsafePointer<CChar>?) -> String {
        // strstr: looking for a String in a String would link the regular expressions, 1.4 MB.
        guard let problem else { return "" }
        if strstr(problem, "tab character") != nil
            || strstr(problem, "cannot start any token") != nil
        {
            return ": indent with spaces, not tabs, and put special characters in quotes"
        }
        if strstr(problem, "mapping values are not allowed") != nil {
            return ": indent alike what belongs together, and put a value with ': ' in quotes"
        }
        return ""
    }

    private func place(ofByte offset: Int) -> FilePlace {
        var place = FilePlace(line: 1, column: 1)
        for byte in input.prefix(max(0, offset)) {
            if byte == UInt8(ascii: "\n") {
                place = FilePlace(line: place.line + 1, column: 1)
            } else if byte & 0xc0 != 0x80 {
                place.column += 1
            }
        }
        return place
    }
}
