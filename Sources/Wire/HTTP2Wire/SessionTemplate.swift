// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CNghttp2

/// The callbacks, the options and the SETTINGS of sessions. nghttp2 copies them into each: made anew for each connection, they were a
/// thirtieth of what one costs.
final class SessionTemplate {
    let callbacks: OpaquePointer
    let options: OpaquePointer
    let role: HTTP2Session.Role
    let entries: [nghttp2_settings_entry]
    private let settings: HTTP2Settings

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
        self.settings = settings
        entries = Self.entries(settings, role)
        HTTP2Session.installCallbacks(callbacks)
        setOptions()
    }

    deinit {
        nghttp2_session_callbacks_del(callbacks)
        nghttp2_option_del(options)
    }

    /// Sessions of this role with these settings are made by it.
    func suits(_ role: HTTP2Session.Role, _ settings: HTTP2Settings) -> Bool {
        self.role == role && self.settings.keepsStreamWindows == settings.keepsStreamWindows
            && self.settings.maxConcurrentStreams == settings.maxConcurrentStreams
            && self.settings.maxHeaderListSize == settings.maxHeaderListSize
            && self.settings.initialWindowSize == settings.initialWindowSize
    }

    private static func entries(
        _ settings: HTTP2Settings, _ role: HTTP2Session.Role
    ) -> [nghttp2_settings_entry] {
        var entries = [
            nghttp2_settings_entry(
                settings_id: CInt(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: settings.maxConcurrentStreams),
            nghttp2_settings_entry(
                settings_id: CInt(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: settings.maxHeaderListSize),
            // The priority tree of RFC 7540 is deprecated (RFC 9113, 5.3), and a lever for floods.
            nghttp2_settings_entry(
                settings_id: CInt(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue), value: 1),
        ]
        if settings.initialWindowSize != 65_535 {
            entries.append(
                nghttp2_settings_entry(
                    settings_id: CInt(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                    value: settings.initialWindowSize))
        }
        if role == .client {
            entries.append(
                nghttp2_settings_entry(
                    settings_id: CInt(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        return entries
    }

    private func setOptions() {
        // Closed streams are kept by nghttp2 only for the priority tree, which gRPC does not use.
        nghttp2_option_set_no_closed_streams(options, 1)
        if settings.keepsStreamWindows { nghttp2_option_set_no_auto_window_update(options, 1) }
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
