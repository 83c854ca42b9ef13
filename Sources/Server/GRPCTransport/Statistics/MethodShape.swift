// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How many messages the requests and answers of a method have.
package enum MethodShape: Sendable {
    case unary
    case clientStreaming
    case serverStreaming
    case bidiStreaming

    init(_ handler: MethodHandler) {
        self =
            switch handler {
            case .unary, .unaryWithTrailers, .asyncUnary: .unary
            case .clientStreaming: .clientStreaming
            case .asyncServerStreaming, .serverStreaming: .serverStreaming
            case .bidiStreaming: .bidiStreaming
            }
    }
}
