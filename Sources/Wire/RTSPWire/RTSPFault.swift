// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP1Wire

/// What is wrong with what an RTSP server has sent.
package enum RTSPFault: Error, Equatable {
    /// It begins with something else than a response, a request or a packet.
    case notRTSP
    /// Its head is malformed.
    case head(HTTP1Fault)
    /// Its Content-Length is no number.
    case contentLength
    /// A body is longer than one may be.
    case bodyTooLarge

    /// What is wrong.
    package var text: String {
        switch self {
        case .notRTSP: "it does not speak RTSP 1.0"
        case .head(let fault): "its answer is malformed: \(fault.text)"
        case .contentLength: "its answer is malformed: Content-Length must be one number"
        case .bodyTooLarge: "its answer is longer than \(RTSPReader.maxBody >> 10) KiB"
        }
    }
}
