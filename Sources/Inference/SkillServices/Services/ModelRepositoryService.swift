// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
package import EventLoops
package import GRPCTransport
package import GRPCWire
import ProtobufWire
package import StatusBoard

/// The extension of the Open Inference Protocol to load and unload models; only at the address for operators.
package final class ModelRepositoryService: GRPCService {
    private let repository: ModelRepository

    package init(_ repository: ModelRepository) { self.repository = repository }

    package func register(in table: inout MethodTable, on loop: EventLoop) {
        table.add(
            "/inference.GRPCInferenceService/RepositoryIndex",
            .unary { [repository] request throws(Status) in
                let wantsReady = try Self.wantsReady(request)
                return ModelRepositoryResponse.index(repository.statuses, onlyReady: wantsReady)
            })
        table.add(
            "/inference.GRPCInferenceService/RepositoryModelLoad", maxRequestSize: 64 << 10,
            .asyncUnary { [repository] request, _ async throws(Status) in
                let index = try repository.models.index(asked: request, toLoad: true)
                try await repository.perform(.load, on: index)
                return ModelRepositoryResponse.load()
            })
        table.add(
            "/inference.GRPCInferenceService/RepositoryModelUnload",
            .asyncUnary { [repository] request, _ async throws(Status) in
                let index = try repository.models.index(asked: request)
                try await repository.perform(.unload, on: index)
                return ModelRepositoryResponse.unload()
            })
    }

    /// Whether a `RepositoryIndexRequest` asks for ready models only.
    private static func wantsReady(_ bytes: UnsafeRawBufferPointer) throws(Status) -> Bool {
        var (repository, wantsReady) = (UnsafeRawBufferPointer(start: nil, count: 0), false)
        var reader = FieldReader(bytes, maxFields: 64)
        while let field = try reader.next() {
            switch field.number {
            case 1: repository = try field.bytes()
            case 2: wantsReady = try field.bool()
            default: break
            }
        }
        try ModelList.check(repository: repository)
        return wantsReady
    }
}

extension ModelList {
    /// Throws unless the name is empty: the only repository has none.
    fileprivate static func check(repository name: UnsafeRawBufferPointer) throws(Status) {
        guard name.isEmpty else {
            throw Status(.invalidArgument, "there are no repositories here: leave the name empty")
        }
    }

    /// The model that a `RepositoryModelLoadRequest` or `RepositoryModelUnloadRequest` names.
    fileprivate func index(asked bytes: [UInt8], toLoad: Bool = false) throws(Status) -> Int {
        try bytes.withUnsafeBufferPointer { bytes throws(Status) in
            try index(asked: UnsafeRawBufferPointer(bytes), toLoad: toLoad)
        }
    }

    private func index(asked bytes: UnsafeRawBufferPointer, toLoad: Bool) throws(Status) -> Int {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var (repository, name, hasParameters) = (nothing, nothing, false)
        var reader = FieldReader(bytes, maxFields: 64)
        while let field = try reader.next() {
            switch field.number {
            case 1: repository = try field.bytes()
            case 2: name = try field.bytes()
            case 3:
                _ = try field.mapEntry()
                hasParameters = true
            default: break
            }
        }
        // Better to reject than to load something else than the client asked for.
        if toLoad, hasParameters {
            throw Status(.invalidArgument, "parameters are not supported: a model is its file")
        }
        try Self.check(repository: repository)
        return try index(named: name)
    }
}

/// The answers of the extension.
package enum ModelRepositoryResponse {
    package static func index(
        _ statuses: [(model: ModelList.Model, outcome: Outcome?, verdict: Verdict)],
        onlyReady: Bool
    ) -> EncodedMessage {
        typealias Entry = Inference__RepositoryIndexResponse__ModelIndex
        var texts: [String] = []
        for (model, outcome, verdict) in statuses where verdict.isServing || !onlyReady {
            let reason = verdict.isServing ? model.reloads.failure ?? "" : verdict.outcome.text
            texts += [model.name, state(outcome, verdict), reason]
        }
        var message = Inference__RepositoryIndexResponse()
        inference__repository_index_response__init(&message)
        return SkillResponse.withBytes(texts) { bytes in
            var entries = (0..<bytes.count / 3).map { number in
                var entry = Entry()
                inference__repository_index_response__model_index__init(&entry)
                entry.name = bytes[3 * number]
                entry.state = bytes[3 * number + 1]
                entry.reason = bytes[3 * number + 2]
                return entry
            }
            return entries.withUnsafeMutableBufferPointer { entries in
                var places = entries.indices.map { index in
                    entries.baseAddress.map { $0 + index }
                }
                return places.withUnsafeMutableBufferPointer { places in
                    message.n_models = places.count
                    message.models = places.baseAddress
                    return EncodedMessage(packing: &message)
                }
            }
        }
    }

    private static func state(_ outcome: Outcome?, _ verdict: Verdict) -> String {
        if verdict.isServing { return "READY" }
        return outcome == .modelLoading ? "LOADING" : "UNAVAILABLE"
    }

    package static func load() -> EncodedMessage {
        var message = Inference__RepositoryModelLoadResponse()
        inference__repository_model_load_response__init(&message)
        return EncodedMessage(packing: &message)
    }

    package static func unload() -> EncodedMessage {
        var message = Inference__RepositoryModelUnloadResponse()
        inference__repository_model_unload_response__init(&message)
        return EncodedMessage(packing: &message)
    }
}
