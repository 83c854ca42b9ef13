// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCClient
import GRPCWire
import SystemIO
import TLSWire

/// Why a push has failed.
struct PushFailure: Error, Equatable {
    /// What fails: the same for each repetition, whatever the collector adds to its text.
    let cause: String
    /// For a person, in one line.
    let text: String
    /// What to do about it, where that is known.
    private(set) var hint: String?
    let result: PushSchedule.Result

    /// The values have not come in time: a thread of this process is stuck.
    static let notCollected = PushFailure(
        cause: "not collected", "the values could not be read in time: an event loop may be stuck")

    private init(cause: String, _ text: String) {
        self.cause = cause
        self.text = text
        result = .failedForNow(retryAfter: nil)
    }

    /// Files that the variables name cannot be used. They may be replaced.
    init(_ error: TLSCredentialsError) {
        cause = "files"
        text = error.text
        hint =
            "see OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE "
            + "and OTEL_EXPORTER_OTLP_CLIENT_KEY"
        result = .failedForNow(retryAfter: nil)
    }

    /// There is no connection.
    init(_ error: ConnectionError) {
        cause = error.text
        text = error.text
        switch error {
        case .http1, .notHTTP2:
            hint = "is this the port of OTLP/gRPC? It is often 4317, and 4318 that of OTLP/HTTP"
        case .needsTLS: hint = "use https:// in OTEL_EXPORTER_OTLP_ENDPOINT"
        default: break
        }
        result = .failedForNow(retryAfter: nil)
    }

    /// The call ended with another status than OK. Which ones may pass is a table of OTLP ("Failures").
    init(_ status: Status, details: [UInt8]) {
        cause = status.code.name
        text = status.code.name + (status.message.isEmpty ? "" : ": " + status.message)
        let retryAfter = RetryInfo.delay(in: details)
        switch status.code {
        case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss:
            result = .failedForNow(retryAfter: retryAfter)
        case .resourceExhausted:
            result = retryAfter != nil ? .failedForNow(retryAfter: retryAfter) : .failedForGood
        case .unimplemented:
            hint = "does this server take metrics by OTLP/gRPC?"
            result = .failedForGood
        case .unauthenticated, .permissionDenied:
            hint = "see OTEL_EXPORTER_OTLP_HEADERS"
            result = .failedForGood
        default: result = .failedForGood
        }
    }
}
