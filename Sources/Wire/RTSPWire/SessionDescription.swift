// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// What a stream consists of (SDP, RFC 8866), as far as it matters for playing one track of it.
package struct SessionDescription: Equatable, Sendable {
    /// One track.
    package struct Track: Equatable, Sendable {
        /// `video`, `audio` or `application`.
        package var kind: String
        /// Where the track is set up, as it was written; nil where that is the whole stream.
        package var control: String?
        /// The name of the encoding, such as `H264`; nil when none is said.
        package var encoding: String?
        /// Ticks a second of its timestamps.
        package var clockRate = 90_000
        fileprivate var payloadType: String?
    }

    /// Tracks that are looked at.
    static let maxTracks = 64

    /// Where the whole stream is controlled, as it was written.
    package private(set) var control: String?
    package private(set) var tracks: [Track] = []

    /// Reads a description; nil when it is none.
    package init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: "v=0".utf8) else { return nil }
        for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            guard line.count > 2, line[line.startIndex + 1] == UInt8(ascii: "=") else { continue }
            let value = line.dropFirst(2)
            switch line.first {
            case UInt8(ascii: "m") where tracks.count < Self.maxTracks: addTrack(value)
            case UInt8(ascii: "a"): take(attribute: value)
            default: break
            }
        }
    }

    private mutating func addTrack(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        var track = Track(kind: words.first ?? "")
        // Kind, port, protocol, then the formats.
        track.payloadType = words.count > 3 ? words[3] : nil
        if track.payloadType == "26" { track.encoding = "JPEG" }
        if track.kind == "audio" { track.clockRate = 8_000 }
        tracks.append(track)
    }

    private mutating func take(attribute: ArraySlice<UInt8>) {
        let pair = attribute.split(separator: UInt8(ascii: ":"), maxSplits: 1)
        guard pair.count == 2 else { return }
        let value = String(decoding: pair[1], as: UTF8.self).trimmingWhiteSpace
        switch String(decoding: pair[0], as: UTF8.self) {
        case "control":
            if tracks.isEmpty { control = value } else { tracks[tracks.count - 1].control = value }
        case "rtpmap" where !tracks.isEmpty: tracks[tracks.count - 1].take(map: value)
        default: break
        }
    }
}

extension SessionDescription.Track {
    /// `96 H264/90000`: the payload type, the encoding, ticks a second, channels.
    fileprivate mutating func take(map: String) {
        let words = map.utf8.split(separator: UInt8(ascii: " "))
        guard words.count >= 2, String(Substring(words[0])) == payloadType else { return }
        let parts = words[1].split(separator: UInt8(ascii: "/"))
        guard let name = parts.first else { return }
        encoding = String(Substring(name))
        guard parts.count > 1, let rate = Int(Substring(parts[1])), (1...1_000_000_000) ~= rate
        else { return }
        clockRate = rate
    }
}
