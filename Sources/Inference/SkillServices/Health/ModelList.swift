// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GRPCWire
package import Models
package import StatusBoard

/// The models as requests see them at one moment. How each one is, the status board says.
package struct ModelList: Sendable {
    /// One of the models.
    package struct Model: Sendable {
        package let name: String
        /// A health name of its own; nil for none.
        package var healthName: String?
        /// Whether readiness needs it.
        package var isRequired = true
        /// Kept by each request that has it: a file that was replaced is closed when its last request ends.
        package var file: ModelFile?
        package var reloads = Reloads()

        /// A model that is not loaded.
        package init(
            name: String, healthName: String? = nil, isRequired: Bool = true,
            file: ModelFile? = nil
        ) {
            self.name = name
            self.healthName = healthName
            self.isRequired = isRequired
            self.file = file
        }

        /// Its name on the status board.
        package var outcome: OutcomeName { .model(name) }
    }

    /// What the reloads of one model came to.
    package struct Reloads: Equatable, Sendable {
        /// Those that succeeded.
        package var count: Int32 = 0
        /// Why the latest one failed, without a path; nil when it did not.
        package var failure: String?
        /// Those that failed.
        package var failures: Int32 = 0

        /// One more has succeeded.
        mutating func succeeded() {
            count &+= 1
            failure = nil
        }

        /// One more has failed.
        mutating func failed(_ reason: String) {
            failures &+= 1
            failure = reason
        }
    }

    /// In the order in which they were given; at least one.
    package var models: [Model]

    package subscript(index: Int) -> Model {
        get { models[index] }
        set { models[index] = newValue }
    }

    /// The place of the model of this name.
    package func index(named name: some Sequence<UInt8>) throws(Status) -> Int {
        if let index = models.firstIndex(where: { $0.name.utf8.elementsEqual(name) }) {
            return index
        }
        let names = models.map { $0.name }.joined(separator: ", ")
        throw Status(.notFound, "unknown model: there are \(names)")
    }

    /// Why the latest reloads failed, of all models; nil when none did.
    var reloadFailure: String? {
        let failures = models.compactMap { model in
            model.reloads.failure.map { models.count > 1 ? "\(model.name): \($0)" : $0 }
        }
        return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }
}
