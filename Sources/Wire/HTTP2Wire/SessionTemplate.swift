// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The callbacks and the options of sessions. nghttp2 copies them into each: made anew for each connection, they were a fortieth
/// of what one costs.
final class SessionTemplate {
    let callbacks: OpaquePointer
    let options: OpaquePointer
    private let role: HTTP2Session.Role
    private let keepsStreamWindows: Bool

    /// Nil when memory is short.
    init?(_ role: HTTP2Session.Role, _ settings: HTTP2Settings) {
        var callbacks: OpaquePointer?
        var options: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks else { return nil }
        guard nghttp2_option_new(&options) == 0, let options else {
            nghttp2_session_callbacks_del(callbacks)
            return nil
        }
        self.callbacks = callbacks
        self.options = options
        self.role = role
        keepsStreamWindows = settings.keepsStreamWindows
        HTTP2Session.installCallbacks(callbacks)
        setOptions()
    }

    deinit {
        nghttp2_session_callbacks_del(callbacks)
        nghttp2_option_del(options)
    }

    /// Sessions of this role with these settings are made by it.
    func suits(_ role: HTTP2Session.Role, _ settings: HTTP2Settings) -> Bool {
        self.role == role && keepsStreamWindows == settings.keepsStreamWindows
    }

    private func setOptions() {
        // Closed streams are kept by nghttp2 only for the priority tree, which gRPC does not use.
        nghttp2_option_set_no_closed_streams(options, 1)
        if keepsStreamWindows { nghttp2_option_set_no_auto_window_update(options, 1) }
        // Our own counts decide (FrameInspector, AbusePolicy): nghttp2's act too early or too late. Its limits are above
        // what can come between two checks of ours.
        nghttp2_option_set_stream_reset_rate_limit(options, 1 << 62, 1 << 62)
        nghttp2_option_set_max_continuations(options, 1 << 20)
        nghttp2_option_set_max_outbound_ack(options, 10_000)
        nghttp2_option_set_max_settings(options, 128)
        if role == .client {
            // Many servers send a grpc-message with a space at its end, and other clients accept it.
            nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
        }
    }
}
