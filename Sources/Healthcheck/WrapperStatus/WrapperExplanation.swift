// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import JSONWire

/// How a running wrapper explains the health of its container.
package struct WrapperExplanation: Equatable, Sendable {
    /// What HEALTHCHECK would be told.
    package let isOK: Bool
    /// A tree for people, or a JSON document, as the wrapper has written it.
    package let document: String

    /// Bytes of an answer at most.
    static let maxSize = 8 << 20

    /// Reads the answer: one line. Nil when it is none.
    init?(line: [UInt8]) {
        let found = line.withUnsafeBytes { bytes -> WrapperExplanation? in
            guard JSONDocument.fits(bytes, maxValues: 16),
                let document = JSONDocument(bytes, .rejectDuplicates)
            else { return nil }
            return document.withRoot { root in
                guard root["type"].string == "explanation", let isOK = root["ok"].isTrue,
                    let text = root["document"].string
                else { return nil }
                return WrapperExplanation(isOK: isOK, document: text)
            }
        }
        guard let found else { return nil }
        self = found
    }

    private init(isOK: Bool, document: String) {
        self.isOK = isOK
        self.document = document
    }
}
