// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import HTTP1Wire
import RTSPWire

/// What a client makes of the events of a server.
struct Client {
    /// In few words.
    var log: [String] = []
    private var authenticator = RTSPAuthenticator(("user", "pass"), clientNonce: "nonce")
    private var loss = RTPLoss()
    private var frames = RTPFrames(clockRate: 90_000)

    mutating func take(_ event: RTSPReader.Event) {
        switch event {
        case .packet(let channel, let bytes):
            log.append("packet \(channel) \(bytes.count)")
            if let packet = RTPPacket(bytes) { take(packet, bytes.count) }
        case .request(let sequence):
            check(RTSPRequest.refusal(sequence: sequence))
            log.append("request \(sequence)")
        case .response(let response): take(response)
        }
    }

    private mutating func take(_ packet: RTPPacket, _ size: Int) {
        precondition(packet.payloadCount >= 0 && packet.payloadCount <= size - 12)
        let isNew = loss.receive(packet.sequence)
        precondition(loss.lost >= 0 && loss.received > 0 && loss.percent <= 100)
        frames.receive(timestamp: packet.timestamp, isMarked: packet.isMarked)
        if packet.payloadType == 0 { frames.beginAnew() }
        if packet.payloadType == 1 { loss.beginAnew() }
        if let rate = frames.rate { precondition(rate >= 0 && rate.isFinite) }
        log.append("\(isNew) \(loss.lost) \(frames.count)")
    }

    private mutating func take(_ response: RTSPResponse) {
        log.append("\(response.status) \(response.sequence ?? -1) \(response.body.count)")
        log.append("\(response.session?.id ?? "") \(response.channel ?? 0)")
        _ = response.allows(.getParameter)
        let base = response.fields["content-base"] ?? "rtsp://h/"
        if let description = SessionDescription(response.body) {
            for control in description.tracks.map(\.control) + [description.control] {
                guard let url = ControlURL.resolve(control, base: base) else { continue }
                let session = response.session?.id ?? ""
                check(
                    RTSPRequest.encode(.setup, url, sequence: 1, fields: [("Session", session)]))
            }
        }
        switch authenticator.challenged(response.fields.texts(of: "www-authenticate")) {
        case .retry: check(authenticator.authorization(.play, "rtsp://h/").map { Array($0.utf8) })
        case .refused: authenticator.accepted()
        default: break
        }
    }

    /// Nothing of a server becomes a line of its own in a request.
    private func check(_ bytes: [UInt8]?) {
        guard let bytes else { return }
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { $0 }
        if lines.count > 1 {
            precondition(lines.removeLast().isEmpty)
            precondition(lines.allSatisfy { $0.last == 0x0d })
            precondition(lines.dropLast().allSatisfy { $0.count > 1 })
            precondition(lines.count <= 4)
        }
        precondition(!bytes.contains { $0 < 0x20 && $0 != 0x09 && $0 != 0x0d && $0 != 0x0a })
    }
}

/// What a client makes of bytes that come `step` at a time, and what ends them.
func conversation(_ bytes: UnsafeRawBufferPointer, step: Int) -> [String] {
    var reader = RTSPReader()
    var client = Client()
    var rest = bytes[...]
    while !rest.isEmpty {
        var piece = UnsafeRawBufferPointer(rebasing: rest.prefix(step))
        rest = rest.dropFirst(step)
        do throws(RTSPFault) {
            while let event = try reader.receive(&piece) { client.take(event) }
            precondition(piece.isEmpty, "bytes are left, and more are wanted")
        } catch {
            return client.log + [error.text]
        }
    }
    return client.log
}

/// Reads bytes as what a server sends, in one piece and cut as the first byte says: both must be the same.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let first = data?.pointee, size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(start: data, count: size)[1...])
    let whole = conversation(bytes, step: size)
    precondition(whole == conversation(bytes, step: max(1, Int(first))), "a cut matters")
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
