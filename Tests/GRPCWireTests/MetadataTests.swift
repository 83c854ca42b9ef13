// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Text

@testable import GRPCWire

@Suite("Metadata")
struct MetadataTests {
    /// What a request's metadata comes to, "name=value" each, or the status with which it fails.
    private func read(_ fields: [(String, String)]) -> String {
        withBlock([(":method", "POST"), (":path", "/")] + fields) { block in
            do throws(Status) {
                return try Metadata(block).entries
                    .map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
                    .joined(separator: " ")
            } catch {
                return error.line
            }
        }
    }

    @Test("A request's own fields are metadata, in their order and as often as they come")
    func custom() {
        #expect(read([("x", "1"), ("y", "2,3"), ("x", "4"), ("z", "")]) == "x=1 y=2,3 x=4 z=")
    }

    @Test(
        "Those of HTTP and of gRPC are not",
        arguments: [
            "te", "content-type", "content-length", "user-agent", "grpc-timeout", "grpc-encoding",
            "grpc-accept-encoding", "grpc-status", "grpc-message", "grpc-tags-bin", "grpc-x",
            ":authority", "host",
        ])
    func reserved(_ name: String) { #expect(read([(name, "1"), ("x", "y")]) == "x=y") }

    @Test(
        "A binary value is base64, with padding or without, or several of them",
        arguments: [
            ("aGVsbG8", "x-bin=hello"), ("aGVsbG8=", "x-bin=hello"), ("", "x-bin="),
            ("YQ,YWI=,YWJj", "x-bin=a x-bin=ab x-bin=abc"),
            ("YQ, YWI ,", "x-bin=a x-bin=ab x-bin="),
        ])
    func binary(_ text: String, _ expected: String) { #expect(read([("x-bin", text)]) == expected) }

    @Test(
        "What is no base64 fails the call",
        arguments: ["a", "a===", "aGVsbG8==", "aGVs bG8", "aGVs\u{0}", "a-_b", "====", "YQ=,"])
    func noBase64(_ text: String) {
        #expect(read([("x-bin", text)]) == "13 metadata in -bin that is no base64")
        #expect(read([("x-binary", text)]) == "x-binary=\(text)")
    }

    @Test("What is added goes into fields, binary values as base64")
    func added() throws {
        var metadata = Metadata()
        #expect(metadata.isEmpty)
        try metadata.add("x-1.a_b", " ~!a b".trimmingPrefix(" ").description)
        try metadata.add("x", "")
        try metadata.add("y-bin", bytes: [0, 255])
        try metadata.add("x", "2")
        #expect(
            metadata.fields.map { "\($0.name): \($0.value)" }
                == ["x-1.a_b: ~!a b", "x: ", "y-bin: AP8", "x: 2"])
        #expect(metadata.texts(of: "x") == ["", "2"])
        #expect(metadata.bytes(of: "y-bin") == [[0, 255]])
        #expect(metadata.bytes(of: "z") == [])
    }

    @Test(
        "What may not go over the wire is refused",
        arguments: [
            ("", "v"), ("X", "v"), ("a b", "v"), ("é", "v"), ("a:b", "v"), (":path", "v"),
            ("a\u{0}", "v"), ("grpc-status", "v"), ("grpc-", "v"), ("te", "v"),
            ("content-type", "v"), ("connection", "v"), ("transfer-encoding", "v"), ("x-bin", "v"),
            ("x", "é"), ("x", "a\r\nb"), ("x", "\u{7f}"), ("x", " a"), ("x", "a "), ("x", "\t"),
        ])
    func refused(_ name: String, _ value: String) {
        var metadata = Metadata()
        #expect(throws: Status.self) { try metadata.add(name, value) }
        #expect(metadata.isEmpty)
    }

    @Test("Bytes need a name that says so", arguments: ["x", "x-bi", "grpc-x-bin", "X-bin", "bin"])
    func refusedBytes(_ name: String) {
        var metadata = Metadata()
        #expect(throws: Status.self) { try metadata.add(name, bytes: [1]) }
        #expect(metadata.isEmpty)
    }
}
