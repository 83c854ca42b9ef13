// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A method of RTSP (RFC 2326, 10).
package enum RTSPMethod: String, Sendable {
    case options = "OPTIONS"
    case describe = "DESCRIBE"
    case setup = "SETUP"
    case play = "PLAY"
    case getParameter = "GET_PARAMETER"
    case teardown = "TEARDOWN"
}

/// Writes requests.
package enum RTSPRequest {
    /// A request; neither `url` nor the fields have control characters in them.
    package static func encode(
        _ method: RTSPMethod, _ url: String, sequence: Int,
        fields: [(name: StaticString, value: String)]
    ) -> [UInt8] {
        var text = "\(method.rawValue) \(url) RTSP/1.0\r\nCSeq: \(sequence)\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// The answer to any request of a server: there is nothing that it could have done here.
    package static func refusal(sequence: String) -> [UInt8] {
        Array("RTSP/1.0 501 Not Implemented\r\nCSeq: \(sequence)\r\n\r\n".utf8)
    }
}
