// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCHealth
import GRPCTransport
import Logging
import Models
import OpenAIBackend
import Settings
import TLSWire

/// What the runtime was asked to do. The initial values are the defaults of the settings.
package struct RuntimeOptions: Sendable {
    /// The skill's name; empty to take it from the model's file name.
    package var skill = ""
    /// Paths that were given without a name; more than one is a mistake.
    private(set) var modelPaths: [String] = []
    /// Models with a name of their own, in the order in which they were given.
    package var namedModels: [ModelSource] = []
    /// Not ready without the models that are not optional.
    package var requiresModels = true
    /// Reload a model when its file is replaced.
    package var reloadsOnChange = false
    var warmUp = ModelLibrary.WarmUp.off
    /// Load a model also when it does not fit into the memory.
    package var skipsMemoryCheck = false
    /// How long a request may go without progress; zero for as long as it likes.
    package var stallAfter = Duration.seconds(30)
    /// The TCP port; 0 has the kernel choose one.
    package var port: UInt16 = 50051
    /// The address to listen at; empty for all interfaces, of both families where the machine has them.
    package var host = ""
    /// Where operators ask; nil for nowhere.
    package var admin: SideAddress?
    /// Where health is asked apart from everything else; nil for nowhere.
    package var healthAddress: SideAddress?
    /// Who is told why a health name is not SERVING.
    package var reasonCodes = ReasonAudience.none
    /// Bytes of RAM that must be available to be ready; 0 for no such condition.
    package var minAvailableRAM: Int64 = 100 << 20
    /// Inferences at once.
    package var workers = 4
    /// Requests that may wait for a worker.
    package var queueDepth = 2000
    /// Waiting requests at or over which the runtime is not ready; 0 for no such condition.
    package var maxQueueDepth = 1000
    /// Per cent of them that one client's address may have.
    package var maxQueueShare = 50
    /// How long an inference may take, the wait for a worker included.
    package var inferTimeout = Duration.seconds(30)
    /// How long the stub takes for each token.
    package var stubTokenDelay = Duration.zero
    /// Bytes of RAM that must be available to be ready again; 0 to have it follow from ``minAvailableRAM``.
    package var minAvailableRAMHigh: Int64 = 0
    /// How long RAM must be short before readiness goes, and enough before it comes back.
    package var memoryLowFor = Duration.seconds(1)
    package var memoryHighFor = Duration.seconds(5)
    /// How long requests are still taken after SIGTERM, while a client is connected.
    package var drainGrace = Duration.seconds(5)
    /// How long all of it may take from SIGTERM on; nil to have it follow from ``drainGrace``.
    package var drainDeadline: Duration?
    /// What clients can make the server hold, and wait for.
    package var server = ServerConfiguration()
    /// Connections at each of the addresses beside the port; no setting.
    var sideConnections = 1_000
    /// Event loops; 0 for one per core.
    package var loops = 0
    package var logLevel = Logger.Level.info
    /// Serve a small model made on the spot.
    package var isDemo = false
    /// PEM files of the certificate chain and its key; empty for plaintext.
    package var tlsCertificate = ""
    package var tlsKey = ""
    /// A PEM file of the CAs that clients' certificates are of; empty for none.
    package var tlsClientCA = ""
    /// What clients have to show; nil to have it follow from ``tlsClientCA``.
    package var tlsClientAuthentication: TLSServerConfiguration.ClientAuthentication?
    /// What runs the model.
    package var backend = BackendKind.stub
    /// Where the server of the backend openai is.
    var openAIURL: UpstreamURL?
    /// The model's name there; empty for the skill's.
    package var openAIModel = ""
    /// The path that tells how that server is; nil for the usual ones.
    var openAIHealthPath: String?
    /// The API key for that server.
    package var openAIKey = Secret.none
    /// A PEM file of the CAs that its certificate is of; empty for the system's.
    package var openAICA = ""

    /// The defaults.
    package init() {}

    /// The model's path, when there is a flag for it.
    var explicitModelPath: String? { modelPath.isEmpty ? nil : modelPath }

    /// The model's file; empty to look for it by the skill's name.
    package var modelPath: String {
        get { modelPaths.first ?? "" }
        set { modelPaths = newValue.isEmpty ? [] : [newValue] }
    }

    /// The models as `--model` names them: a path alone, and those with names.
    var modelTexts: [String] {
        get { modelPaths + namedModels.map { $0.text } }
        set {
            namedModels = newValue.compactMap { ModelSource($0) }
            modelPaths = newValue.filter { ModelSource($0) == nil }
        }
    }
}

extension RuntimeOptions {
    /// What is wrong with the options as a whole.
    var problems: [String] {
        modelProblems + verdictProblems + tlsProblems + backendProblems
    }

    /// What is allowed, but hardly meant.
    package var warnings: [String] {
        var warnings: [String] = []
        warnings += drainTimes.warnings(inferTimeout: inferTimeout)
        if requiresModels, modelPath.isEmpty, let first = namedModels.first, !first.isRequired {
            warnings.append(
                "--model \(first.text) is the one that Infer uses, and readiness does without: "
                    + "name a required one first")
        }
        return warnings
    }

    private var modelProblems: [String] {
        if isDemo, !modelPath.isEmpty || !namedModels.isEmpty {
            return ["--demo and --model are mutually exclusive"]
        }
        if !isDemo, modelPath.isEmpty, namedModels.isEmpty, skill.isEmpty {
            return ["no skill to serve: use --skill NAME (or SKILL_NAME), --model PATH or --demo"]
        }
        return []
    }

    /// With a name for the skill, whatever was given.
    func completed() -> RuntimeOptions {
        var options = self
        options.drainDeadline = drainTimes.deadline
        guard skill.isEmpty else { return options }
        if let first = namedModels.first, modelPath.isEmpty, !isDemo {
            options.skill = first.name
            return options
        }
        let file = modelPath.split(separator: "/").last.map { String($0) } ?? ""
        options.skill = isDemo ? "demo" : file.hasSuffix(".gguf") ? String(file.dropLast(5)) : file
        return options
    }
}
