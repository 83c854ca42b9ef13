// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import JSONWire
import Text

/// What an OpenAI-compatible server says about an error.
package enum ErrorMessage {
    private static let limit = 200
    private static let maxValues = 1024

    /// The message in the body of an error, made printable; empty when there is none, or when it contains a part of the key.
    package static func text(in body: [UInt8], withoutKey key: String) -> String {
        body.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: maxValues), let document = JSONDocument(bytes)
            else { return "" }
            return document.withRoot { text(in: $0, withoutKey: key) }
        }
    }

    /// The same, from the members that known servers use.
    package static func text(in root: JSONValue, withoutKey key: String) -> String {
        let message =
            root["error"]["message"].string ?? root["error"].string ?? root["message"].string
            ?? root["detail"].string
        guard let message, !KeyTraces(of: key).areIn(message) else { return "" }
        return PrintableText.escaped(message, limit: limit)
    }
}
