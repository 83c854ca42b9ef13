// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Foundation
import GGUF
import GRPCHealth
import HealthProtocol
import Logging
import Models
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import SkillServices

@Suite("The models of a runtime")
struct ModelLibraryTests {
    /// A library on a loop of its own, over files in a folder.
    private final class Fixture: Sendable {
        let folder: TemporaryFolder
        let reporter: HealthReporter
        let state: RuntimeState
        let group: EventLoopGroup
        let library: LoopBound<ModelLibrary>

        init(
            _ names: [String] = ["a"], _ rules: ModelLibrary.Rules = .init(),
            reporter: HealthReporter = HealthReporter(), logger: Logger = .silent
        ) throws {
            let folder = try TemporaryFolder()
            let sources = names.map { name in
                var source = ModelSource(name: name, path: "\(folder.path)/\(name).gguf")
                source.isNamed = true
                return source
            }
            let models = sources.map {
                ModelList.Model(name: $0.name, healthName: $0.healthName)
            }
            self.folder = folder
            self.reporter = reporter
            state = RuntimeState(
                RuntimeHealth(models: models), startTime: .now(), reporter: reporter,
                logger: logger)
            group = try EventLoopGroup(count: 1)
            library = LoopBound(
                ModelLibrary(
                    sources, rules, delegate: state.modelDelegate, loop: group.loops[0],
                    logger: logger),
                on: group.loops[0])
        }

        deinit { group.stop() }

        @discardableResult
        func put(_ name: String = "a", _ bytes: [UInt8] = DemoModel.bytes) throws -> String {
            try folder.write(bytes, to: name + ".new")
            let path = "\(folder.path)/\(name).gguf"
            try #require(rename("\(folder.path)/\(name).new", path) == 0)
            return path
        }

        /// Runs `action` on the library's loop, to its end.
        func run(_ action: @escaping @Sendable (ModelLibrary) -> Void) throws {
            let done = Mailbox<Bool>()
            let library = library
            library.loop.post {
                action(library.value)
                done.put(true)
            }
            try #require(done.next() == true)
        }

        var obstacle: String? { state.obstacle }
    }

    @Test("A good file is served with, and the start is over")
    func loads() throws {
        let fixture = try Fixture()
        #expect(fixture.obstacle == "the model is not loaded")
        try fixture.put()
        try fixture.run { $0.loadAll() }
        #expect(fixture.obstacle == nil)
        #expect(fixture.reporter.status(of: "startup") == .serving)
        #expect(fixture.reporter.status(of: "model/a") == .serving)
    }

    @Test("When the log tells of a loaded model, the start is over as well")
    func together() throws {
        let reporter = HealthReporter()
        let seen = Mailbox<Bool>()
        let logger = Logger(label: "test") { _ in
            Witness {
                let statuses = ["", "readiness", "startup"].map { reporter.status(of: $0) }
                seen.put(statuses.allSatisfy { $0 == .serving })
            }
        }
        let fixture = try Fixture(reporter: reporter, logger: logger)
        try fixture.put()
        try fixture.run { $0.loadAll() }
        // "model loaded" and "serving".
        #expect(seen.next() == true && seen.next() == true)
    }

    @Test("A missing file is a failure until a reload finds one")
    func missing() throws {
        let fixture = try Fixture()
        try fixture.run { $0.loadAll() }
        #expect(fixture.obstacle == "no model: no model file was found")
        #expect(fixture.reporter.status(of: "startup") == .notServing)
        try fixture.run { $0.reloadAll() }
        #expect(fixture.state.models.reloadFailure == "no model file was found")
        try fixture.put()
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle == nil && fixture.state.models.reloadFailure == nil)
        #expect(fixture.state.models[0].reloads.count == 1)
        #expect(fixture.reporter.status(of: "startup") == .serving)
    }

    @Test(
        "A bad new file leaves the old model serving; a good one replaces it when its last user lets go"
    )
    func replaced() throws {
        let fixture = try Fixture()
        try fixture.put()
        try fixture.run { $0.loadAll() }
        var held = fixture.state.models[0].file
        weak let old = held
        try fixture.put("a", Array("GGUF".utf8))
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle == nil && fixture.state.models[0].file === held)
        #expect(fixture.state.models.reloadFailure?.contains("truncated") == true)
        try fixture.put()
        try fixture.run { $0.reloadAll() }
        #expect(fixture.state.models[0].file !== held)
        #expect(old != nil)
        held = nil
        #expect(old == nil)
    }

    @Test("Each model has a health name; one that fails takes readiness with it, and says which")
    func several() throws {
        let fixture = try Fixture(["a", "b"])
        try fixture.put("a")
        try fixture.run { $0.loadAll() }
        #expect(fixture.obstacle == "b: no model: no model file was found")
        #expect(fixture.reporter.status(of: "model/a") == .serving)
        #expect(fixture.reporter.status(of: "model/b") == .notServing)
        try fixture.put("b")
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle == nil)
        try fixture.run { for index in 0..<2 { $0.unload(index) } }
        #expect(fixture.obstacle == "a: the model is not loaded")
        #expect(fixture.reporter.status(of: "model/b") == .notServing)
        #expect(fixture.reporter.status(of: "startup") == .serving)
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle == nil)
    }

    @Test(
        "A file that is truncated under its mapping is a failure, until a reload finds a good one")
    func truncated() throws {
        let fixture = try Fixture()
        let path = try fixture.put()
        try fixture.run { $0.loadAll() }
        #expect(truncate(path, 64) == 0)
        try wait("the model is lost") { fixture.obstacle != nil }
        #expect(
            fixture.obstacle
                == "no model: the model file was truncated from \(DemoModel.bytes.count) to 64 bytes "
                + "while it was in use")
        #expect(fixture.reporter.status(of: "") == .notServing)
        #expect(fixture.reporter.status(of: "liveness") == .serving)
        #expect(fixture.state.models[0].file == nil)
        try fixture.put()
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle == nil)
    }

    @Test("Each model has its own count of reloads and its own latest failure")
    func reloadsOfEach() throws {
        let fixture = try Fixture(["a", "b"])
        try fixture.put("a")
        try fixture.put("b")
        try fixture.run { $0.loadAll() }
        try fixture.put("a", [])
        try fixture.run { $0.reloadAll() }
        try fixture.run { try? $0.reload(1) }
        let list = fixture.state.models
        #expect(list[0].reloads == .init(count: 0, failure: "the model file is empty", failures: 1))
        #expect(list[1].reloads == .init(count: 2, failure: nil))
        #expect(list.reloadFailure == "a: the model file is empty")
        try fixture.put("a")
        try fixture.run { try? $0.reload(0) }
        #expect(fixture.state.models[0].reloads == .init(count: 1, failure: nil, failures: 1))
        #expect(fixture.state.models.reloadFailure == nil)
    }

    @Test("A reload that meets the truncated file itself does not leave its mapping serving")
    func truncatedAndReloaded() throws {
        let fixture = try Fixture()
        let path = try fixture.put()
        try fixture.run { $0.loadAll() }
        #expect(truncate(path, 64) == 0)
        try fixture.run { $0.reloadAll() }
        #expect(fixture.obstacle?.contains("while it was in use") == true)
    }

    @Test("A file that is overwritten in place is checked again, good or bad")
    func overwritten() throws {
        let fixture = try Fixture()
        let path = try fixture.put()
        try fixture.run { $0.loadAll() }
        var bad = DemoModel.bytes
        bad[4] = 9
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: bad)
        try wait("the model is lost") { fixture.obstacle != nil }
        #expect(
            fixture.obstacle == "no model: the model file was overwritten while it was in use: "
                + "GGUF version 9, expected 2 or 3")
    }

    @Test("A file that is replaced is loaded without a command, when that is wanted")
    func reloadsOnChange() throws {
        let fixture = try Fixture(["a", "b"], .init(reloadsOnChange: true))
        try fixture.put("a")
        try fixture.put("b")
        try fixture.run { $0.loadAll() }
        let files = fixture.state.models.models.map(\.file)
        try fixture.put("b")
        try wait("it is loaded") { fixture.state.models[1].reloads.count == 1 }
        #expect(fixture.state.models[0].file === files[0])
        #expect(fixture.state.models[1].file !== files[1])
        try fixture.put("a", [])
        try wait("it is refused") { fixture.state.models.reloadFailure != nil }
        #expect(fixture.state.models.reloadFailure == "a: the model file is empty")
        #expect(fixture.obstacle == nil)
    }

    @Test("Startup waits for the warm-up when that is wanted; readiness does not")
    func warmUp() throws {
        let fixture = try Fixture(["a"], .init(warmUp: .startup))
        try fixture.put(
            "a", ggufFile(tensors: 1, data: 20 << 20) { $0.appendTensor("t", [1], offset: 0) })
        try fixture.run { library in
            library.loadAll()
            // The parts are read in later turns.
            #expect(fixture.reporter.status(of: "startup") == .notServing)
            #expect(fixture.reporter.status(of: "readiness") == .serving)
        }
        try wait("it is warm") { fixture.reporter.status(of: "startup") == .serving }
    }

    @Test("While it drains nothing is loaded any more")
    func draining() throws {
        let fixture = try Fixture()
        try fixture.put()
        try fixture.run { $0.loadAll() }
        let model = fixture.state.models[0].file
        fixture.state.board.report(.draining, for: .draining)
        try fixture.run { $0.reloadAll() }
        #expect(fixture.state.models[0].file === model)
        #expect(fixture.state.models[0].reloads.count == 0)
    }
}

/// Looks at something at each line of a log.
private struct Witness: LogHandler {
    let look: @Sendable () -> Void
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(_ look: @escaping @Sendable () -> Void) { self.look = look }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { look() }
}
