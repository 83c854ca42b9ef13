// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import CProtobufC
import CProtos
package import EventLoops
package import GRPCTransport
import GRPCWire
import ProtobufWire
import StatusBoard

/// `inference.GRPCInferenceService`: health by the Open Inference Protocol, version 2, from the same state as the health
/// names.
package final class OpenInferenceService: GRPCService {
    private let state: RuntimeState

    package init(state: RuntimeState) { self.state = state }

    package func register(in table: inout MethodTable, on loop: EventLoop) {
        table.add(
            "/inference.GRPCInferenceService/ServerLive",
            .unary { [state] _ in
                OpenInferenceResponse.serverLive(state.isServing(HealthName.liveness))
            })
        table.add(
            "/inference.GRPCInferenceService/ServerReady",
            .unary { [state] _ in
                OpenInferenceResponse.serverReady(state.isServing(HealthName.readiness))
            })
        table.add(
            "/inference.GRPCInferenceService/ModelReady",
            .unary { [state] request throws(Status) in
                let model = try state.models.model(asked: request)
                let verdict = state.verdict(of: model, in: state.board.snapshot)
                return OpenInferenceResponse.modelReady(verdict.isServing)
            })
        table.add(
            "/inference.GRPCInferenceService/ServerMetadata",
            .unary { _ in OpenInferenceResponse.serverMetadata() })
        table.add(
            "/inference.GRPCInferenceService/ModelMetadata",
            .unary { [state] request throws(Status) in
                let model = try state.models.model(asked: request)
                return OpenInferenceResponse.modelMetadata(name: model.name)
            })
    }
}

extension RuntimeState {
    /// What a health name says.
    fileprivate func isServing(_ name: String) -> Bool {
        board.snapshot.verdict(of: name)?.isServing == true
    }
}

extension ModelList {
    /// The model that a `ModelReadyRequest` or `ModelMetadataRequest` asks for.
    fileprivate func model(asked bytes: UnsafeRawBufferPointer) throws(Status) -> Model {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var (name, version) = (nothing, nothing)
        var reader = FieldReader(bytes, maxFields: 64)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.bytes()
            case 2: version = try field.bytes()
            default: break
            }
        }
        let index = try index(named: name)
        guard version.isEmpty else {
            throw Status(.notFound, "unknown version: the models here have none")
        }
        return self[index]
    }
}

/// The answers of `inference.GRPCInferenceService`.
package enum OpenInferenceResponse {
    static func serverLive(_ isLive: Bool) -> EncodedMessage {
        var message = Inference__ServerLiveResponse()
        inference__server_live_response__init(&message)
        message.live = isLive ? 1 : 0
        return EncodedMessage(packing: &message)
    }

    static func serverReady(_ isReady: Bool) -> EncodedMessage {
        var message = Inference__ServerReadyResponse()
        inference__server_ready_response__init(&message)
        message.ready = isReady ? 1 : 0
        return EncodedMessage(packing: &message)
    }

    static func modelReady(_ isReady: Bool) -> EncodedMessage {
        var message = Inference__ModelReadyResponse()
        inference__model_ready_response__init(&message)
        message.ready = isReady ? 1 : 0
        return EncodedMessage(packing: &message)
    }

    static func serverMetadata() -> EncodedMessage {
        var message = Inference__ServerMetadataResponse()
        inference__server_metadata_response__init(&message)
        return SkillResponse.withBytes(["skill-runtime", Vitals.version]) { bytes in
            message.name = bytes[0]
            message.version = bytes[1]
            return EncodedMessage(packing: &message)
        }
    }

    static func modelMetadata(name: String) -> EncodedMessage {
        var message = Inference__ModelMetadataResponse()
        inference__model_metadata_response__init(&message)
        return SkillResponse.withBytes([name, "gguf"]) { bytes in
            message.name = bytes[0]
            message.platform = bytes[1]
            return EncodedMessage(packing: &message)
        }
    }
}
