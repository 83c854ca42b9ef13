// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import HealthProbe
import Testing

@Suite struct RPCHeaderTests {
    @Test(
        "A header is a name, a colon and a value without the white space around it",
        arguments: [
            ("name: value", "name", "value"), ("name:value", "name", "value"),
            ("Name: \t value ", "name", "value"), ("a: b: c", "a", "b: c"), ("a:", "a", ""),
            ("x-1_2.3:  ", "x-1_2.3", ""), ("key-bin: \u{1}é", "key-bin", "\u{1}é"),
            ("a:\r\n b", "a", "b"), ("a: \u{a0}\u{2003}b\u{85}\u{3000}", "a", "b"),
        ])
    func read(_ text: String, _ name: String, _ value: String) throws {
        let header = try RPCHeader(text)
        #expect(header.name == name)
        #expect(header.value == value)
    }

    @Test(
        "What no gRPC library would send is refused",
        arguments: [
            ("nocolon", #"invalid RPC header, expected 'key: value', got "nocolon""#),
            ("", #"invalid RPC header, expected 'key: value', got """#),
            (": x", #"invalid RPC header name "", use letters, digits, '-', '_' and '.'"#),
            (
                ":authority: x",
                #"invalid RPC header name "", use letters, digits, '-', '_' and '.'"#
            ),
            ("a b: x", #"invalid RPC header name "a b", use letters, digits, '-', '_' and '.'"#),
            ("é: x", #"invalid RPC header name "é", use letters, digits, '-', '_' and '.'"#),
            (
                "a: x\r\nb: y",
                #"invalid RPC header value "x\r\nb: y", "#
                    + "use printable ASCII, or a name that ends in -bin"
            ),
            (
                "a: é",
                #"invalid RPC header value "é", "#
                    + "use printable ASCII, or a name that ends in -bin"
            ),
        ])
    func refused(_ text: String, _ reason: String) {
        let error = #expect(throws: FlagValueError.self) { try RPCHeader(text) }
        #expect(error?.reason == reason)
        #expect(error?.goReason == reason)
    }

    @Test("Headers of the protocol itself are reserved")
    func reserved() throws {
        #expect(try RPCHeader("Content-Type: x").isReserved)
        #expect(try RPCHeader("grpc-timeout: 1S").isReserved)
        #expect(try !RPCHeader("authorization: x").isReserved)
        #expect(try !RPCHeader("grpc-trace-bin: x").isReserved)
    }
}
