// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TestSupport
import Testing
import VitalsServer

/// The first line and the last of the server's response to a GET.
func get(_ path: String, from server: Server) throws -> [Substring] {
    let port = UInt16(server.port)
    let address = try #require(SocketAddress(numeric: "127.0.0.1", port: port))
    let peer = try ScriptedPeer(to: address)
    try peer.send(Array("GET \(path) HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".utf8))
    let text = String(decoding: try peer.bytesUntilEnd(), as: UTF8.self)
    let lines = text.split(separator: "\r\n")
    return [lines.first ?? "", lines.last ?? ""]
}
