// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing
import VitalsClient
import VitalsHealth

@Suite("Reflection of a program's own services")
struct ReflectionTests {
    /// The output of protoc for `syntax = "proto3"; package demo; message Text { string text = 1; }
    /// service Greeter { rpc Greet(Text) returns (Text); rpc Wave(Text) returns (Text); }`, in demo.proto.
    private static let descriptors: [UInt8] = {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
            [number << 3 | 2, UInt8(bytes.count)] + bytes
        }
        func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
        let string = text(1, "text") + [0x18, 1, 0x20, 1, 0x28, 9]
        let methods = ["Greet", "Wave"].flatMap {
            field(2, text(1, $0) + text(2, ".demo.Text") + text(3, ".demo.Text"))
        }
        let message = field(4, text(1, "Text") + field(2, string))
        let service = field(6, text(1, "Greeter") + methods)
        let file = text(1, "demo.proto") + text(2, "demo") + message + service
        return field(1, file + text(12, "proto3"))
    }()

    private func greeter() -> ServiceDefinition {
        var greeter = ServiceDefinition()
        greeter.unary("/demo.Greeter/Greet", taking: .bytes, returning: .bytes) { bytes, _ in bytes
        }
        return greeter
    }

    /// The answer of a server with reflection to one request, whose field `number` has `text`.
    private func answer(
        _ number: UInt8, _ text: String, services: [ServiceDefinition]
    ) async throws -> String {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try Server.start(
            host: "127.0.0.1", port: 0, services: services, logger: logger)
        let client = try ClientConnection.connect(to: ClientTarget(server.address))
        let message = [number << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
        var request = ClientRequest(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            EncodedMessage(count: message.count) { $0.copyBytes(from: message) })
        request.timeout = .seconds(30)
        let answer = try client.answer(to: request)
        server.stopAtOnce()
        await server.run()
        return String(decoding: answer, as: UTF8.self)
    }

    @Test("lists every service, in whatever order they are given", arguments: [true, false])
    func list(_ isFirst: Bool) async throws {
        let reflection = try ServiceDefinition.reflection(descriptorSets: [Self.descriptors])
        let others = [greeter(), .health(HealthReporter())]
        let services = isFirst ? [reflection] + others : others + [reflection]
        let text = try await answer(7, "", services: services)
        for name in [
            "demo.Greeter", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ] {
            #expect(text.contains(name), "\(name)")
        }
    }

    @Test("describes the methods that the server has, and no others")
    func describe() async throws {
        let reflection = try ServiceDefinition.reflection(descriptorSets: [Self.descriptors])
        let text = try await answer(4, "demo.Text.text", services: [greeter(), reflection])
        #expect(text.contains("demo.proto") && text.contains("Greet") && !text.contains("Wave"))
    }

    @Test("describes health without a set, and only when it is served")
    func health() async throws {
        let reflection = try ServiceDefinition.reflection()
        let served = try await answer(
            4, "grpc.health.v1.Health", services: [.health(HealthReporter()), reflection])
        #expect(served.contains("grpc/health/v1/health.proto"))
        let absent = try await answer(
            4, "grpc.health.v1.Health", services: [greeter(), reflection])
        #expect(absent.contains("symbol not found: grpc.health.v1.Health"))
    }

    @Test("A broken set of descriptors is refused")
    func broken() {
        let error = #expect(throws: DescriptorSetError.self) {
            try ServiceDefinition.reflection(descriptorSets: [Self.descriptors, [0xff]])
        }
        #expect(error?.description == "the bytes are no google.protobuf.FileDescriptorSet")
    }
}
