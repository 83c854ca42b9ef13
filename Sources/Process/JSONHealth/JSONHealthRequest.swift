// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import JSONWire

/// A question for health: one line of JSON.
enum JSONHealthRequest: String, CaseIterable {
    /// Whether the process can answer.
    case liveness = "Liveness"
    /// Whether it can do its work.
    case readiness = "Readiness"
    /// The same, with a report.
    case full = "Full"

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
                guard root["type"].string == "health_check" else { return .failure(.unknownType) }
                let check = root["check_type"].string.flatMap { Self(rawValue: $0) }
                return check.map { .success($0) } ?? .failure(.unknownCheck)
            }
        }
        self = try found.get()
    }
}

/// Why a line is not answered with a status.
enum JSONHealthError: Error, Equatable {
    case notJSON, tooComplex, unknownType, unknownCheck
    /// It has more than so many bytes.
    case tooLong(Int)

    /// For the client.
    var text: String {
        switch self {
        case .notJSON: "the line is not a JSON object"
        case .tooComplex: "the line has too many values or levels"
        case .unknownType: "unknown type: use health_check"
        case .unknownCheck:
            "unknown check_type: use "
                + JSONHealthRequest.allCases.map(\.rawValue).joined(separator: ", ")
        case .tooLong(let limit): "the line has more than \(limit) bytes"
        }
    }
}
