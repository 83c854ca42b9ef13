// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
package import EventLoops
import Flags
package import InstanceRegistry
package import Registering
import Settings

/// A registry of `--register`: a URL, then options with commas between them.
package struct RegistrySetting: Sendable {
    private let plan: RegistryPlan
    private let options: [SettingRecord.Field]
    /// How long it keeps an instance without another write.
    package let timeToLive: Duration

    /// Reads a registry in one line, as in a flag: `URL[,option[=value]]...`.
    init(line: String) throws(FlagValueError) {
        let (url, options) = CheckOptions.split(line)
        do throws(CheckOptionError) {
            try self.init(url, options)
        } catch {
            throw FlagValueError(error.text)
        }
    }

    /// Reads a registry with fields, as in a file; its URL is the field `url`.
    init(_ record: SettingRecord) throws(SettingRecordError) {
        var fields: [String: [String]] = [:]
        for field in record.fields { fields[field.name, default: []] += field.values }
        var options = CheckOptions(fields)
        do throws(CheckOptionError) {
            guard let url = try options.take("url") else {
                throw CheckOptionError("url", "is missing: use one of \(RegistryKinds.names)")
            }
            try self.init(url, options.ofKind)
        } catch {
            throw SettingRecordError(error.option, error.text)
        }
    }

    /// The schemes of the URLs of registries.
    package static var schemes: [String] { RegistryKinds.schemes }

    /// A registry at a URL.
    package init(_ url: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        let all = options.all.map { SettingRecord.Field($0.name, $0.values) }
        let expected = "a duration of 3s or more, such as 5m"
        let given = try options.take("ttl", expected) { text in
            Duration(positive: text).flatMap { $0 >= Self.leastTimeToLive ? $0 : nil }
        }
        timeToLive = given ?? .seconds(300)
        plan = try RegistryKinds.make(url, &options)
        try options.checkEmpty()
        self.options = all
    }

    /// Health is judged every second, and one write may fail.
    private static let leastTimeToLive = Duration.seconds(3)

    /// The URL, without secrets.
    package var name: String { plan.name }

    /// For printing; without secrets.
    var record: SettingRecord {
        let options = options.filter { $0.name != "ttl" }
        return SettingRecord(
            [.init("url", [plan.name]), .init("ttl", [timeToLive.goText])] + options)
    }

    /// Why the registry will never take an instance; nil when it will.
    package func fault(of instance: Instance) -> String? { plan.fault(instance) }

    /// The options that name a file, and whether there is a secret in it.
    private static let files = [
        "ca": false, "cert": false, "key": true, "password-file": true,
        "sentinel-password-file": true, "token-file": true,
    ]

    /// What is allowed, but probably a mistake: files that every user can read or change.
    var warnings: [SettingProblem] {
        options.flatMap { option in
            Self.files[option.name].map { isSecret in
                option.values.compactMap { path in
                    SettingProblem.ofFile(
                        path, isSecret: isSecret, as: "--register \(plan.name): \(option.name)",
                        about: "register")
                }
            } ?? []
        }
    }

    /// The store of a loop.
    package func makeStore(on loop: EventLoop) -> any RegistryStore {
        plan.makeStore(timeToLive, loop)
    }

    /// The store of a loop, for a registration.
    package func makePlace(on loop: EventLoop) -> Registrar.Place {
        Registrar.Place(makeStore(on: loop), named: plan.name, timeToLive: timeToLive)
    }
}
