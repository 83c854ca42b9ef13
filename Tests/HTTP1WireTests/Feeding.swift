// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire

/// Gives `pieces` one after the other to `take`, as long as it takes something of each.
func feed(_ pieces: [ArraySlice<UInt8>], _ take: (inout UnsafeRawBufferPointer) -> Bool) {
    for piece in pieces {
        let goesOn = piece.withUnsafeBytes { bytes in
            var rest = bytes
            return take(&rest)
        }
        if !goesOn { return }
    }
}

/// `bytes` whole, one by one, and cut in two at every place.
func everySplit(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    let cuts = (0...bytes.count).map { [bytes[..<$0], bytes[$0...]] }
    return [[bytes[...]], bytes.indices.map { bytes[$0...$0] }] + cuts
}

/// What a server's reader makes of the pieces, an entry an event.
func requests(_ pieces: [ArraySlice<UInt8>], limits: HTTP1Limits = HTTP1Limits()) -> [String] {
    var reader = HTTP1RequestReader(limits: limits)
    var log: [String] = []
    feed(pieces) { rest in
        while true {
            switch reader.receive(&rest) {
            case .needsMore: return rest.isEmpty
            case .expectsContinue: log.append("100")
            case .request(let request):
                let body = String(decoding: request.body, as: UTF8.self)
                let query = request.query.map { "?" + $0 } ?? ""
                log.append(
                    "\(request.method) \(request.path)\(query)"
                        + (request.keepsConnection ? "" : " close")
                        + (body.isEmpty ? "" : " [\(body)]"))
            case .refused(let refusal):
                log.append(
                    "\(refusal.status.rawValue) \(refusal.fault)"
                        + (refusal.closesConnection ? " close" : ""))
            }
        }
    }
    return log
}

/// What a client's reader makes of the pieces, and of the end of the connection if `ends`.
func response(
    _ pieces: [ArraySlice<UInt8>], isAnswerToHead: Bool = false, ends: Bool = false,
    limits: HTTP1Limits = HTTP1Limits()
) -> String {
    var reader = HTTP1ResponseReader(isAnswerToHead: isAnswerToHead, limits: limits)
    var text = ""
    var body: [UInt8] = []
    var isOver = false
    func finish() {
        text += " [" + String(decoding: body, as: UTF8.self) + "]"
        text += reader.keepsConnection ? "" : " close"
    }
    do {
        var fault: HTTP1Fault?
        feed(pieces) { rest in
            do throws(HTTP1Fault) {
                while !isOver {
                    switch try reader.receive(&rest) {
                    case .needsMore: return true
                    case .head(let head): text = "\(head.status.rawValue)"
                    case .body(let bytes): body.append(contentsOf: bytes)
                    case .end:
                        finish()
                        isOver = true
                    }
                }
                text += rest.isEmpty ? "" : " +\(rest.count)"
                return true
            } catch {
                fault = error
                return false
            }
        }
        if let fault { throw fault }
        if ends, !isOver {
            try reader.inputEnded()
            finish()
        } else if !isOver {
            text += " ..."
        }
    } catch {
        text = "\(error)"
    }
    return text
}
