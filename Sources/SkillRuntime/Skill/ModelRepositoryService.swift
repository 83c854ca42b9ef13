// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
import GRPCTransport
import GRPCWire
import ProtobufWire

/// The extension of the Open Inference Protocol by which an operator loads and unloads models; only for the address
/// that operators have to themselves.
final class ModelRepositoryService: GRPCService {
    private let repository: ModelRepository

    init(_ repository: ModelRepository) { self.repository = repository }

    func register(in table: inout MethodTable, on context: LoopContext) {
        let arena = DecodingArena()
        table.add(
            "/inference.GRPCInferenceService/RepositoryIndex",
            .unary { [repository] request throws(Status) in
                let wantsReady = try arena.decode(
                    request, inference__repository_index_request__unpack
                ) { request throws(Status) in
                    try RuntimeState.Snapshot.check(repository: request.pointee.repository_name)
                    return request.pointee.ready != 0
                }
                return ModelRepositoryResponse.index(repository.snapshot, onlyReady: wantsReady)
            })
        table.add(
            "/inference.GRPCInferenceService/RepositoryModelLoad",
            .asyncUnary { [repository] request, _ async throws(Status) in
                let index = try Self.loadRequest(request, repository.snapshot)
                try await repository.perform(.load, on: index)
                return ModelRepositoryResponse.load()
            })
        table.add(
            "/inference.GRPCInferenceService/RepositoryModelUnload",
            .asyncUnary { [repository] request, _ async throws(Status) in
                let index = try Self.unloadRequest(request, repository.snapshot)
                try await repository.perform(.unload, on: index)
                return ModelRepositoryResponse.unload()
            })
    }

    private static func loadRequest(
        _ bytes: [UInt8], _ snapshot: RuntimeState.Snapshot
    ) throws(Status) -> Int {
        try decode(
            bytes, inference__repository_model_load_request__unpack
        ) { request throws(Status) in
            // To load something else than what was asked for would be worse than to refuse.
            guard request.pointee.n_parameters == 0 else {
                throw Status(
                    .invalidArgument, "parameters are not known here: a model is its file")
            }
            return try snapshot.index(request.pointee.repository_name, request.pointee.model_name)
        }
    }

    private static func unloadRequest(
        _ bytes: [UInt8], _ snapshot: RuntimeState.Snapshot
    ) throws(Status) -> Int {
        try decode(
            bytes, inference__repository_model_unload_request__unpack
        ) { request throws(Status) in
            try snapshot.index(request.pointee.repository_name, request.pointee.model_name)
        }
    }

    private static func decode<Message>(
        _ bytes: [UInt8], _ unpack: Unpack<Message>,
        _ body: (UnsafePointer<Message>) throws(Status) -> Int
    ) throws(Status) -> Int {
        try bytes.withUnsafeBufferPointer { bytes throws(Status) in
            try DecodingArena().decode(UnsafeRawBufferPointer(bytes), unpack, body)
        }
    }

    private typealias Unpack<Message> = (
        UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
    ) -> UnsafeMutablePointer<Message>?
}

extension RuntimeState.Snapshot {
    /// There is one repository, and it has no name.
    fileprivate static func check(repository name: ProtobufCBinaryData) throws(Status) {
        guard name.len == 0 else {
            throw Status(.invalidArgument, "there are no repositories here: leave the name empty")
        }
    }

    /// The model that an operator names.
    fileprivate func index(
        _ repository: ProtobufCBinaryData, _ model: ProtobufCBinaryData
    ) throws(Status) -> Int {
        try Self.check(repository: repository)
        let name = model.bytes
        guard let index = conditions.models.firstIndex(where: { $0.name.utf8.elementsEqual(name) })
        else {
            let names = conditions.models.map { $0.name }.joined(separator: ", ")
            throw Status(.notFound, "unknown model: there are \(names)")
        }
        return index
    }
}

/// The answers of the extension.
enum ModelRepositoryResponse {
    static func index(
        _ snapshot: RuntimeState.Snapshot, onlyReady: Bool
    ) -> EncodedMessage {
        typealias Entry = Inference__RepositoryIndexResponse__ModelIndex
        var texts: [String] = []
        for (index, model) in snapshot.conditions.models.enumerated() {
            if onlyReady, !snapshot.isReady(model) { continue }
            let obstacle = snapshot.conditions.obstacle(of: model)
            let reason = obstacle ?? snapshot.reloads(of: index).failure ?? ""
            texts += [model.name, state(of: model, obstacle), reason]
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

    private static func state(of model: Conditions.Model, _ obstacle: String?) -> String {
        switch model.state {
        case .loaded: obstacle == nil ? "READY" : "UNAVAILABLE"
        case .loading: "LOADING"
        case .unloaded, .failed: "UNAVAILABLE"
        }
    }

    static func load() -> EncodedMessage {
        var message = Inference__RepositoryModelLoadResponse()
        inference__repository_model_load_response__init(&message)
        return EncodedMessage(packing: &message)
    }

    static func unload() -> EncodedMessage {
        var message = Inference__RepositoryModelUnloadResponse()
        inference__repository_model_unload_response__init(&message)
        return EncodedMessage(packing: &message)
    }
}
