// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// The outcomes that the runtime reports.
extension OutcomeName {
    /// Whether the loops respond and the requests make progress.
    package static let progress: OutcomeName = "progress"
    /// Healthy once the required models have been loaded, whatever comes later.
    package static let startup: OutcomeName = "startup"
    /// The server that runs the models, when the runtime does not.
    package static let modelServer: OutcomeName = "model-server"
    /// Whether enough memory is available.
    package static let memory: OutcomeName = "memory"
    /// Whether few enough requests wait.
    package static let queue: OutcomeName = "queue"
    /// Healthy unless an operator has taken the server out of service.
    package static let maintenance: OutcomeName = "maintenance"
    /// Healthy unless an operator tries what happens when the server is not ready.
    package static let drill: OutcomeName = "drill"
    /// The same for what happens when it is not alive.
    package static let livenessDrill: OutcomeName = "drill/liveness"
    /// Whether the loop that reads files responds. No health name follows from it.
    package static let files: OutcomeName = "files"

    /// Those whose names no configured check may have.
    package static let ofRuntime: [OutcomeName] = [
        .draining, .progress, .startup, .modelServer, .memory, .queue, .maintenance, .drill, .files,
        // Of the registrations, which SkillServices does not know.
        "registry",
    ]

    /// One of the models.
    package static func model(_ name: String) -> OutcomeName {
        OutcomeName(rawValue: "model/" + name)
    }
}
