// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCReflection

@Suite("The index of descriptors")
struct ReflectionIndexTests {
    private static let library = Descriptors.File(
        name: "shop/library.proto", package: "shop",
        messages: [
            Descriptors.Message(
                name: "Book", fields: ["title"],
                messages: [
                    Descriptors.Message(
                        name: "Page", fields: ["text"],
                        enumerations: [(name: "Kind", values: ["PLAIN", "PICTURE"])])
                ], oneofs: ["binding"],
                extensions: [(name: "weight", message: "shop.Book", number: 200)])
        ],
        enumerations: [(name: "Colour", values: ["RED"])],
        services: [
            (name: "Lending", methods: ["Lend", "Return"]), (name: "Selling", methods: ["Sell"]),
        ],
        extensions: [(name: "price", message: "shop.Book", number: 100)])

    private func index(_ paths: [String], _ files: Descriptors.File...) throws -> ReflectionIndex {
        try ReflectionIndex(
            of: paths, sets: try files.map { try DescriptorSet(Descriptors.set($0)) })
    }

    @Test(
        "finds the file of each name",
        arguments: [
            "shop.Lending", "shop.Lending.Lend", "shop.Book", "shop.Book.title",
            "shop.Book.binding", "shop.Book.Page", "shop.Book.Page.text", "shop.Book.Page.Kind",
            "shop.Book.Page.PICTURE", "shop.Colour", "shop.RED", "shop.price", "shop.Book.weight",
        ])
    func names(_ name: String) throws {
        let index = try index(["/shop.Lending/Lend"], Self.library)
        let place = try #require(index.file(defining: name))
        #expect(place == index.file(named: "shop/library.proto"))
    }

    @Test(
        "does not find what is no name",
        arguments: [
            "", "shop", ".shop.Book", "Book", "shop.Book.", "shop.Book.Page.Kind.PICTURE",
            "shop.Colour.RED",
        ])
    func unknownNames(_ name: String) throws {
        #expect(try index(["/shop.Lending/Lend"], Self.library).file(defining: name) == nil)
    }

    @Test("lists the services that there are, sorted, described or not")
    func services() throws {
        let index = try index(
            ["/z.Z/M", "/a.A/M", "/z.Z/N", "/a.A/", "malformed", ""], Self.library)
        #expect(index.services == ["a.A", "z.Z"])
        #expect(index.file(defining: "z.Z") == nil)
    }

    @Test("leaves out methods and services that are not served")
    func partlyServed() throws {
        let index = try index(["/shop.Lending/Lend"], Self.library)
        for name in ["shop.Lending.Return", "shop.Selling", "shop.Selling.Sell"] {
            #expect(index.file(defining: name) == nil, "\(name)")
        }
        var served = Self.library
        served.services = [(name: "Lending", methods: ["Lend"])]
        let place = try #require(index.file(named: served.name))
        // The services stand before the extensions, as protoc writes them.
        #expect(index.bytes(at: place) == served.bytes)
    }

    @Test("finds extensions by message and number")
    func extensions() throws {
        let index = try index([], Self.library)
        #expect(index.file(extending: "shop.Book", number: 100) != nil)
        #expect(index.file(extending: "shop.Book", number: 101) == nil)
        #expect(index.file(extending: "shop.Page", number: 100) == nil)
        #expect(index.extensionNumbers(of: "shop.Book") == [100, 200])
        #expect(index.extensionNumbers(of: "shop.Book.Page") == [])
        #expect(index.extensionNumbers(of: "shop.Colour") == nil)
        #expect(index.extensionNumbers(of: "shop.Nothing") == nil)
    }

    @Test("has of our own files those whose methods are served")
    func ownFiles() throws {
        let health = try index(["/grpc.health.v1.Health/Check"])
        #expect(health.fileCount == 1)
        #expect(health.file(defining: "grpc.health.v1.HealthCheckResponse.SERVING") != nil)
        #expect(health.file(defining: "grpc.health.v1.Health.Watch") == nil)
        #expect(health.file(named: "inference/inference.proto") == nil)
        #expect(try index([]).fileCount == 0)
    }

    @Test("takes a file of a set for one of our own")
    func replacedFile() throws {
        let other = Descriptors.File(
            name: "health.proto", package: "grpc.health.v1",
            services: [(name: "Health", methods: ["Check"])])
        let index = try index(["/grpc.health.v1.Health/Check"], other)
        #expect(index.fileCount == 1)
        #expect(index.file(defining: "grpc.health.v1.Health") == index.file(named: "health.proto"))
    }

    @Test("keeps the first of two files with one name")
    func twoSets() throws {
        var other = Self.library
        other.messages = []
        let index = try index([], Self.library, other)
        #expect(index.fileCount == 1)
        #expect(index.file(defining: "shop.Book") != nil)
    }

    @Test("knows nothing of where it was built")
    func noPaths() throws {
        let index = try ReflectionIndex(of: ["/sarai.skills.SkillService/Infer"])
        let place = try #require(index.file(defining: "sarai.skills.SkillService"))
        let text = String(decoding: index.bytes(at: place), as: UTF8.self)
        #expect(index.file(named: "sarai/skills/skills.proto") == place)
        for trace in ["/home", "/tmp", "/root", "/work", "/build"] {
            #expect(!text.contains(trace), "\(trace)")
        }
    }
}

@Suite("A set of descriptors")
struct DescriptorSetTests {
    private func failure(_ bytes: [UInt8]) -> String? {
        do throws(DescriptorSetError) {
            _ = try DescriptorSet(bytes)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("that is none is refused")
    func malformed() {
        #expect(failure([]) == "the set of descriptors has no file")
        #expect(failure([0xff]) == "the bytes are no google.protobuf.FileDescriptorSet")
        #expect(failure([0x08, 1]) == "the bytes are no google.protobuf.FileDescriptorSet")
        #expect(failure([0x10, 1]) == "the set of descriptors has no file")
        #expect(
            failure([0x0a, 1, 0xff])
                == "a file of the set is no google.protobuf.FileDescriptorProto")
        #expect(failure([0x0a, 0]) == "a file of the set has no name")
    }

    @Test("that is cut off anywhere is refused, and never traps")
    func cut() throws {
        let bytes = Descriptors.set(
            Descriptors.File(
                name: "a.proto", package: "a",
                messages: [Descriptors.Message(name: "M", fields: ["f"], oneofs: ["o"])],
                services: [(name: "S", methods: ["M"])]))
        #expect(failure(bytes) == nil)
        for count in 0..<bytes.count { #expect(failure(Array(bytes[..<count])) != nil) }
    }

    @Test("needs what its files import")
    func missingImport() {
        let file = Descriptors.File(name: "a.proto", imports: ["b.proto"])
        #expect(
            failure(Descriptors.set(file))
                == "a.proto imports b.proto, which is not in the set: use --include_imports of protoc"
        )
        #expect(failure(Descriptors.set(file, Descriptors.File(name: "b.proto"))) == nil)
        #expect(failure(Descriptors.set(file, file)) == "the set has two files a.proto")
    }

    @Test("with messages nested without end is refused")
    func deep() {
        var message = Descriptors.Message(name: "M")
        for _ in 0..<200 { message = Descriptors.Message(name: "M", messages: [message]) }
        let file = Descriptors.File(name: "deep.proto", messages: [message])
        #expect(failure(Descriptors.set(file)) != nil)
    }
}
