// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting

/// Writes the heads of responses to HTTP/2 clients.
enum HTTP2HeadWriter {
    /// The head of `response`, whose body has this length; nil when it has no end of its own.
    static func head(
        _ response: HTTPResponse, length: Int?, date: HTTPDate
    ) -> [(name: String, value: String)] {
        var fields = [(name: ":status", value: String(response.status.rawValue))]
        fields.reserveCapacity(response.fields.count + 5)
        var defaults = DefaultFields()
        for (name, value) in response.fields where value.isFieldValue {
            defaults.note(name)
            fields.append((name.description, value))
        }
        if defaults.wantsCacheControl { fields.append(("cache-control", "no-cache")) }
        if defaults.wantsNoSniff { fields.append(("x-content-type-options", "nosniff")) }
        fields.append(("date", String(decoding: date.bytes, as: UTF8.self)))
        if let length, response.status.hasBody {
            fields.append(("content-length", String(length)))
        }
        return fields
    }
}
