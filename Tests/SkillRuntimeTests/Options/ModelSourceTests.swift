// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Models
import SkillServices
import Testing

@testable import SkillRuntime

@Suite("Where models come from")
struct ModelSourceTests {
    @Test("A name and a path, and whether readiness does without")
    func named() throws {
        let chat = try #require(ModelSource("chat=/models/a=b.gguf"))
        #expect(chat.name == "chat" && chat.path == "/models/a=b.gguf")
        #expect(chat.isRequired && chat.healthName == "model/chat")
        let optional = try #require(ModelSource("tiny.v1_5-x=t.gguf,optional"))
        #expect(optional.name == "tiny.v1_5-x" && optional.path == "t.gguf")
        #expect(!optional.isRequired && optional.healthName == "model/tiny.v1_5-x")
    }

    @Test(
        "What is before the = must be a name, or all of it is a path",
        arguments: ["m.gguf", "/a=b/m.gguf", "./a=b.gguf", "=m.gguf", "a b=c", ""])
    func paths(_ text: String) {
        #expect(ModelSource(text) == nil)
    }

    private func options(_ arguments: String...) throws -> RuntimeOptions {
        switch RuntimeInvocation(arguments: arguments, environment: [:]) {
        case .run(let options, _): return options
        case .refuse(let problems), .checked(let problems, _): throw Refusal(problems: problems)
        case .printOutput(let text): throw Refusal(problems: [text])
        case .explain(let words): throw Refusal(problems: words)
        }
    }

    private struct Refusal: Error, Equatable {
        let problems: [String]
    }

    @Test("A model is written as it was named")
    func text() throws {
        for text in ["a=x.gguf", "a=x=y,optional", "a=b c.gguf"] {
            #expect(ModelSource(text)?.text == text)
        }
        var options = try options("--model", "a=x.gguf", "--model", "m.gguf", "--model", "b=y")
        let texts = options.models.texts
        #expect(texts == ["m.gguf", "a=x.gguf", "b=y"])
        options.models.texts = texts
        #expect(options.models.texts == texts && options.models.path == "m.gguf")
    }

    @Test("A path alone is the skill's model and has no health name of its own")
    func plain() throws {
        let options = try options("--model", "chat.gguf")
        #expect(options.models.skill == "chat")
        #expect(options.models.sources == [ModelSource(name: "chat", path: "chat.gguf")])
        #expect(options.health.rules.count == 5)
        let searched = try self.options("--skill", "chat")
        #expect(searched.models.sources == [ModelSource(name: "chat", path: nil)])
    }

    @Test("Several models keep their order; Infer uses a plain one first")
    func several() throws {
        let named = try options("--model", "a=x.gguf", "--model", "b=y.gguf,optional")
        #expect(named.models.skill == "a")
        #expect(named.models.sources.map(\.name) == ["a", "b"])
        #expect(named.models.sources.map(\.isRequired) == [true, false])
        let both = try options("--model", "a=x.gguf", "--model", "main.gguf")
        #expect(both.models.sources.map(\.name) == ["main", "a"])
        #expect(both.health.rules.map(\.name).suffix(2) == ["startup", "model/a"])
    }

    @Test("Readiness can do without all of them")
    func notRequired() throws {
        let options = try options("--require-model=false", "--model", "a=x", "--model", "b=y")
        #expect(options.models.sources.allSatisfy { !$0.isRequired })
    }

    @Test("A name that comes twice and a name without a path are refused")
    func refused() {
        #expect(throws: Refusal(problems: ["--model a=... is given twice"])) {
            try options("--model", "a=x", "--model", "a=y")
        }
        #expect(throws: Refusal(problems: ["--model a=... is given twice"])) {
            try options("--model", "folder/a.gguf", "--model", "a=y")
        }
        #expect(throws: Refusal(problems: ["--model a=... needs a path"])) {
            try options("--model", "a=")
        }
        #expect(
            throws: Refusal(problems: [
                "--min-available-ram-high must not be less than --min-available-ram"
            ])
        ) { try options("--model", "a", "--min-available-ram-high", "50MiB") }
    }

    @Test("Two paths without names are refused, and none of them is dropped in silence")
    func twoPlain() {
        let problem =
            #"--model is given without a name for "x.gguf" and "y.gguf": use --model NAME=PATH for each"#
        #expect(throws: Refusal(problems: [problem])) {
            try options("--model", "x.gguf", "--model", "y.gguf")
        }
        #expect(throws: Refusal(problems: [problem])) {
            try options("--model", "x.gguf", "--model", "a=z", "--model", "y.gguf")
        }
    }
}
