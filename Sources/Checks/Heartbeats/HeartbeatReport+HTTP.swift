// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import JSONWire

extension HeartbeatReport {
    /// Bytes of a body.
    static let bodyLimit = 4096
    /// Values of a JSON document, so that a short one cannot cost much memory.
    private static let maxValues = 16

    /// What a request says: `state` and `reason` are parameters of its path, of a form, or members of a JSON object. A request
    /// without them says that all is well.
    init(_ request: HTTPRequest) throws(HeartbeatRefusal) {
        guard request.body.count <= Self.bodyLimit else { throw .tooLarge }
        var parameters = HTTPQuery(request.query).parameters
        let first = request.body.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 }
        if first == UInt8(ascii: "{") {
            parameters += try Self.members(request.body)
        } else if first != nil {
            parameters += HTTPQuery(String(decoding: request.body, as: UTF8.self)).parameters
        }
        var values: [String: String] = [:]
        for (name, value) in parameters {
            guard name == "state" || name == "reason" else {
                throw .malformed("a report has state and reason, and nothing else")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .malformed("\(name) is given twice")
            }
        }
        try self.init(state: values["state"], reason: values["reason"])
    }

    private static func members(
        _ body: [UInt8]
    ) throws(HeartbeatRefusal) -> [(name: String, value: String)] {
        let found = body.withUnsafeBytes { bytes -> [(name: String, value: String)]? in
            guard JSONDocument.fits(bytes, maxValues: maxValues),
                let document = JSONDocument(bytes, .rejectDuplicates)
            else { return nil }
            return document.withRoot { root in
                var members: [(name: String, value: String)] = []
                for name in ["state", "reason"] where !root[name].isNothing {
                    guard let value = root[name].string else { return nil }
                    members.append((name, value))
                }
                return root.isObject ? members : nil
            }
        }
        guard let found else {
            throw .malformed(#"the body is no object such as {"state":"degraded","reason":"..."}"#)
        }
        return found
    }
}
