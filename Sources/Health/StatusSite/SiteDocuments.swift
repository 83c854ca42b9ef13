// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The documents of one state, each made when it is first asked for: a client that asks often has nothing made.
struct SiteDocuments {
    /// What there is.
    enum Kind: Hashable {
        case page, json, jsonEvent, pageEvent
    }

    /// What the documents are of.
    struct Key: Equatable {
        var revision: UInt64 = 0
        var version: UInt64 = 0
        var second: Int64 = -1
    }

    private var key = Key()
    private var report: StatusReport?
    private var documents: [Kind: [UInt8]] = [:]

    /// A document of the state that `key` names; `makeReport` is called when that is a new one.
    mutating func document(
        _ kind: Kind, _ key: Key, makeReport: () -> StatusReport
    ) -> [UInt8] {
        if key != self.key {
            self.key = key
            report = nil
            documents = [:]
        }
        if let document = documents[kind] { return document }
        let report = self.report ?? makeReport()
        self.report = report
        let document = Self.make(kind, of: report)
        documents[kind] = document
        return document
    }

    private static func make(_ kind: Kind, of report: StatusReport) -> [UInt8] {
        switch kind {
        case .page: report.page
        case .json: report.json
        case .jsonEvent: event(report.revision, report.json)
        case .pageEvent: event(report.revision, report.update)
        }
    }

    /// An event whose data has one line (HTML, 9.2.6).
    private static func event(_ revision: UInt64, _ data: [UInt8]) -> [UInt8] {
        Array("id: \(revision)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }
}
