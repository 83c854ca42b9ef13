// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Models

@Suite("Finding a model's file")
struct ModelLocatorTests {
    private static let places = [
        "app/models/chat.gguf", "models/skills/chat.gguf", "models/chat.gguf",
    ]

    @Test("The first place that has a file wins")
    func order() throws {
        let folder = try TemporaryFolder()
        let locator = try ModelLocator(name: "chat", root: folder.path)
        let paths = Self.places.map { "\(folder.path)/\($0)" }
        #expect(locator.places == paths)
        for (place, path) in zip(Self.places, paths).reversed() {
            try folder.write("x", to: place)
            #expect(try locator.locate() == path)
        }
    }

    @Test("Without a root the places are the documented ones")
    func documentedPlaces() throws {
        let locator = try ModelLocator(name: "chat")
        #expect(
            locator.places == [
                "/app/models/chat.gguf", "models/skills/chat.gguf", "models/chat.gguf",
            ])
    }

    @Test("Without a file anywhere the error has all places")
    func nothing() throws {
        let folder = try TemporaryFolder()
        let locator = try ModelLocator(name: "chat", root: folder.path)
        #expect(throws: ModelError.notFound(places: locator.places)) { try locator.locate() }
    }

    @Test("A given path is the only place")
    func givenPath() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "models/chat.gguf")
        let path = folder.path + "/other.gguf"
        let locator = try ModelLocator(path: path, name: "../any", root: folder.path)
        #expect(throws: ModelError.notFound(places: [path])) { try locator.locate() }
        try folder.write("x", to: "other.gguf")
        #expect(try locator.locate() == path)
        #expect(throws: ModelError.invalidPath("a\0b")) {
            try ModelLocator(path: "a\0b", name: "chat")
        }
    }

    @Test(
        "A name that could lead out of the folder is rejected",
        arguments: ["", "..", "../x", "a/b", "/etc/x", "a..b", "a\0b", "a/\u{301}b"])
    func badName(_ name: String) {
        #expect(throws: ModelError.invalidName(name)) { try ModelLocator(name: name) }
    }

    @Test("Dots and spaces alone are valid")
    func goodNames() throws {
        for name in ["tiny.v1.5", "a b", "\u{e9}t\u{e9}", "."] {
            #expect(try ModelLocator(name: name).places.count == 3)
        }
    }
}
