// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import JSONWire

/// A question for health.
enum JSONHealthQuestion: String, CaseIterable {
    /// Whether the process can answer.
    case liveness = "Liveness"
    /// Whether it can do its work.
    case readiness = "Readiness"
    /// The same, with a report.
    case full = "Full"
}

/// What a client wants: one line of JSON.
enum JSONHealthRequest: Equatable {
    case question(JSONHealthQuestion)
    case heartbeat(JSONHeartbeat)
    /// Why it is as it is, with what has changed in that time.
    case explanation(asText: Bool, last: Duration?)

    /// Values in a line, so that a short line cannot cost much memory.
    private static let maxValues = 64

    /// Reads a line, which the caller limits. Members that it does not know are ignored. Throws what is wrong with it.
    init(_ line: some Collection<UInt8>) throws(JSONHealthError) {
        let found = Array(line).withUnsafeBytes { bytes -> Result<Self, JSONHealthError> in
            guard JSONDocument.fits(bytes, maxValues: Self.maxValues) else {
                return .failure(.tooComplex)
            }
            guard let document = JSONDocument(bytes, .rejectDuplicates) else {
                return .failure(.notJSON)
            }
            return document.withRoot { root in
                guard root.isObject else { return .failure(.notJSON) }
                switch root["type"].string {
                case "health_check":
                    let check = root["check_type"].string.flatMap {
                        JSONHealthQuestion(rawValue: $0)
                    }
                    return check.map { .success(.question($0)) } ?? .failure(.unknownCheck)
                case "heartbeat": return Self.readHeartbeat(root)
                case "explain": return Self.readExplain(root)
                default: return .failure(.unknownType)
                }
            }
        }
        self = try found.get()
    }

    private static func readExplain(_ root: JSONValue) -> Result<Self, JSONHealthError> {
        let (format, last) = (root["format"].string ?? "text", root["last_secs"])
        guard ["text", "json"].contains(format) else { return .failure(.badExplain) }
        if last.isNothing { return .success(.explanation(asText: format == "text", last: nil)) }
        guard let seconds = last.integer, (1...86_400).contains(seconds) else {
            return .failure(.badExplain)
        }
        return .success(.explanation(asText: format == "text", last: .seconds(seconds)))
    }

    private static func readHeartbeat(_ root: JSONValue) -> Result<Self, JSONHealthError> {
        let (state, reason) = (root["state"], root["reason"])
        guard let name = root["name"].string, state.isNothing || state.string != nil,
            reason.isNothing || reason.string != nil
        else { return .failure(.badHeartbeat) }
        return .success(
            .heartbeat(JSONHeartbeat(name: name, state: state.string, reason: reason.string)))
    }
}

/// Why a line is not answered with a status.
enum JSONHealthError: Error, Equatable {
    case notJSON, tooComplex, unknownType, unknownCheck, badHeartbeat, badExplain
    /// A heartbeat that is not taken, and why.
    case refusedHeartbeat(String)
    /// It has more than so many bytes.
    case tooLong(Int)

    /// For the client.
    var text: String {
        switch self {
        case .notJSON: "the line is not a JSON object"
        case .tooComplex: "the line has too many values or levels"
        case .unknownType: "unknown type: use health_check or heartbeat"
        case .unknownCheck:
            "unknown check_type: use "
                + JSONHealthQuestion.allCases.map(\.rawValue).joined(separator: ", ")
        case .badHeartbeat: "a heartbeat has a name, and may have state and reason: texts all"
        case .badExplain: "use format text or json, and last_secs from 1 to 86400"
        case .refusedHeartbeat(let reason): reason
        case .tooLong(let limit): "the line has more than \(limit) bytes"
        }
    }
}
