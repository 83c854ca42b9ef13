// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTSPWire

@Suite("The description of a stream")
struct SessionDescriptionTests {
    @Test("Tracks are found, with their URLs and clocks")
    func tracks() throws {
        let text =
            "v=0\r\no=- 1 1 IN IP4 0\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\n"
            + "m=video 0 RTP/AVP 97 96\na=rtpmap:96 H265/1000\na=rtpmap:97 H264/90000\n"
            + "a=framerate:12.5\na=control:rtsp://h/s/trackID=2\nm=video 0 RTP/AVP 26\n"
        let description = try #require(SessionDescription(Array(text.utf8)))
        #expect(description.control == "*")
        #expect(description.tracks.map(\.kind) == ["audio", "video", "video"])
        #expect(description.tracks.map(\.clockRate) == [8_000, 90_000, 90_000])
        #expect(description.tracks.map(\.encoding) == [nil, "H264", "JPEG"])
        #expect(
            description.tracks.map(\.control) == ["trackID=1", "rtsp://h/s/trackID=2", nil])
    }

    @Test("Values that are no numbers are left out, and tracks are bounded")
    func malformed() throws {
        let text =
            "v=0\nm=video\na=rtpmap:96\na=framerate:nan\na=control\nm=video 0 x 96\na=rtpmap:96 A/0\n"
            + String(repeating: "m=video 0 RTP/AVP 96\n", count: 100)
        let description = try #require(SessionDescription(Array(text.utf8)))
        #expect(description.tracks.count == SessionDescription.maxTracks)
        #expect(description.tracks[0].encoding == nil)
        #expect(description.tracks[0].control == nil)
        #expect(description.tracks[1].clockRate == 90_000)
        #expect(SessionDescription(Array("<html>".utf8)) == nil)
        #expect(SessionDescription([]) == nil)
    }

    @Test(
        "A track is below its stream, or where it says",
        arguments: [
            ("trackID=1", "rtsp://h/s", "rtsp://h/s/trackID=1"),
            ("trackID=1", "rtsp://h/s/", "rtsp://h/s/trackID=1"), ("*", "rtsp://h/s", "rtsp://h/s"),
            (nil, "rtsp://h/s/", "rtsp://h/s/"), ("", "rtsp://h/s", "rtsp://h/s"),
            ("RTSPS://x/y", "rtsp://h/s", "RTSPS://x/y"),
            ("a b", "rtsp://h/s", nil), ("a\u{1}", "rtsp://h/s", nil), ("ä", "rtsp://h/s", nil),
            (String(repeating: "a", count: 5000), "rtsp://h/s", nil),
        ] as [(String?, String, String?)])
    func controls(control: String?, base: String, url: String?) {
        #expect(ControlURL.resolve(control, base: base) == url)
    }
}
