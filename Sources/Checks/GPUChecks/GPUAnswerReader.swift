// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Reads answers of the helper from the bytes that it writes. Pure.
///
/// What is no line of an answer, such as a message of the loader, is kept as its words.
struct GPUAnswerReader {
    /// What is wrong with the bytes.
    enum Failure: Error, Equatable {
        /// More than an answer has.
        case tooMuch
        /// An answer in another version of the lines.
        case otherVersion(String)
    }

    private var line: [UInt8] = []
    private var answer: GPUAnswer?
    private var size = 0
    /// The latest line that is none of an answer; empty when there is none.
    private(set) var words = ""

    /// An answer has begun, and not ended.
    var hasBegun: Bool { answer != nil }

    /// The version of the lines that is understood.
    static let version = "1"
    /// Bytes between two answers, and of one.
    static let limit = 64 << 10
    private static let lineLimit = 2 << 10
    private static let wordsLimit = 200

    /// Takes bytes; the last answer that ends in them.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> GPUAnswer? {
        var complete: GPUAnswer?
        for byte in bytes {
            size += 1
            guard size <= Self.limit else { throw .tooMuch }
            guard byte == UInt8(ascii: "\n") else {
                if line.count < Self.lineLimit { line.append(byte) }
                continue
            }
            if let answer = try endLine() {
                complete = answer
                size = 0
            }
        }
        return complete
    }

    private mutating func endLine() throws(Failure) -> GPUAnswer? {
        defer { line.removeAll(keepingCapacity: true) }
        let fields = Fields(line)
        switch fields.words {
        case ["end"]:
            defer { answer = nil }
            return answer
        case ["gpu", Self.version]: answer = GPUAnswer(fields)
        case let words where words.first == "gpu" && words.count == 2:
            throw .otherVersion(PrintableText.escaped(words[1], limit: 20))
        case ["device"]: answer?.devices.append(GPUReading(fields))
        case ["xid"]:
            if let code = fields.count("code") {
                answer?.xids.append(.init(index: fields.count("index"), code: code))
            }
        default:
            if !line.isEmpty { words = PrintableText.escaped(utf8: line, limit: Self.wordsLimit) }
        }
        return nil
    }
}

/// A line in its parts.
private struct Fields {
    /// Parts without a value.
    private(set) var words: [String] = []
    private var values: [String: String] = [:]

    init(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
            let part = rest[..<end]
            if let equals = part.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(decoding: part[..<equals], as: UTF8.self)
                // The text is the rest of the line.
                let isText = name == "text"
                let value = rest[(equals + 1)..<(isText ? rest.endIndex : end)]
                values[name] = PrintableText.escaped(utf8: Array(value), limit: 160)
                if isText { return }
            } else if words.count < 3 {
                words.append(String(decoding: part, as: UTF8.self))
            }
            rest = rest[min(end + 1, rest.endIndex)...]
        }
    }

    func text(_ name: String) -> String { values[name] ?? "" }

    func number(_ name: String) -> UInt64? { values[name].flatMap { UInt64($0) } }

    func count(_ name: String) -> Int? { number(name).flatMap { Int(exactly: $0) } }

    var error: GPUError? {
        values["error"].map { GPUError(name: $0, call: text("call"), text: text("text")) }
    }
}

extension GPUAnswer {
    fileprivate init(_ fields: Fields) {
        driver = fields.text("driver")
        count = fields.count("devices") ?? 0
        hidden = fields.count("hidden") ?? 0
        error = fields.error
    }
}

extension GPUReading {
    fileprivate init(_ fields: Fields) {
        index = fields.count("index")
        uuid = fields.text("uuid")
        name = fields.text("name")
        error = fields.error
        for number in GPUNumber.allCases { numbers[number] = fields.number(number.rawValue) }
    }
}
